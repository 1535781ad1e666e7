/** What the session needs from the outside. The browser's side is in shared/media; tests bring their own. */
import type * as P from "../protocol/messages";
import type { SocketLike } from "./wire";

export type TransportState = "connecting" | "connected" | "disconnected" | "failed";

/** One RTCPeerConnection and what is sent on it. */
export interface Transport {
  /** A new address of the machine shows sooner in a new transport than in this one. */
  readonly learnsAddressesLate: boolean;
  /** Begins with the first offer as far as nothing leaves the machine, so that it is there sooner when it is asked for. */
  prepare(): void;
  /** Of all there are, this is the one that is seen and heard from now on. */
  use(): void;
  /** An offer for what is sent and wanted now; becomes the local description. */
  offer(): Promise<{ sdp: string; tracks: P.Offer["tracks"] }>;
  /** `thin`: whatever it says, sound leaves in long packets. */
  answer(sdp: string, thin: boolean): Promise<void>;
  /** The last answer once more, thin or not, without asking the server; throws where that cannot be. */
  repack(thin: boolean): Promise<void>;
  /** Takes back an offer that got no answer. */
  rollback(): Promise<void>;
  /** The next offer restarts ICE. */
  restartIce(): void;
  /** For so long it asks the server whether it can be reached, in vain, before a restart of ICE with the last answer is worth while. */
  readonly asksForMs: number;
  /** At least so many receiving lines in the next offer; true when that needs one. */
  wantSlots(slots: P.Joined["slots"]): boolean;
  /** When something last arrived, by this machine's clock; 0 before anything has, and once silence has been told. */
  heardMs(): number;
  close(): void;
}

export interface TransportEvents {
  onState(state: TransportState): void;
  /** Nothing arrives any more, and something did; told once, and again after something has. `sending`: packets leave, of which the server would speak. */
  onSilence(sending: boolean): void;
  /** What is sent has changed in a way that needs an offer. */
  onNegotiationNeeded(): void;
}

export interface TransportConfig {
  slots: P.Joined["slots"];
  iceServers: readonly P.IceServer[];
  /** The machine has another address than a moment ago. */
  fresh: boolean;
}

/** What survives a reload of the page. */
export interface Memory {
  ticket: string;
  token: string;
  generation: number;
}

export interface SessionPorts {
  openSocket(url: string): SocketLike;
  /** Begins a socket beside the one in use, which the next `openSocket` takes; `ended` is told whether the server has answered it. */
  prepareSocket(url: string, ended: (open: boolean) => void): void;
  openTransport(config: TransportConfig, events: TransportEvents): Transport;
  /** null forgets. */
  remember(memory: Memory | null): void;
  language(): P.Language;
  client: string;
}
