/** The browser's connection, and how it comes to know the machine's addresses. Browser only. */
import { browserOf } from "./problems";

export interface OpenConnection {
  readonly connection: RTCPeerConnection;
  close(): void;
}

/**
 * Chromium tells the connections of a page two seconds late that the machine's address changed; a frame that comes anew asks for the
 * addresses of the moment. A kiosk's, bound to no address, needs neither: its packets leave by the new one of themselves.
 */
export const learnsAddressesLate = () => browserOf(navigator.userAgent) === "chromium";

/** `fresh`: it has to know what address the machine has now. */
export function openConnection(config: RTCConfiguration, fresh: boolean): OpenConnection {
  const frame = fresh ? takeFrame() : null;
  const connection = new (frame?.contentWindow?.RTCPeerConnection ?? RTCPeerConnection)(config);
  // Not sooner: who joins waits for no frame.
  connection.addEventListener("connectionstatechange", () => connection.connectionState === "connected" && learnsAddressesLate() && keepFrame());
  return {
    connection,
    close() {
      connection.close();
      frame?.remove();
    },
  };
}

/** Kept for the next that has to be fresh: one asks for the addresses with its first connection, and to make one takes time when there is none. */
let kept: WithConnections | null = null;

function takeFrame(): WithConnections {
  const frame = keepFrame();
  kept = null;
  return frame;
}

function keepFrame(): WithConnections {
  return (kept ??= openFrame());
}

function openFrame(): WithConnections {
  const frame = document.createElement("iframe");
  frame.hidden = true;
  document.body.append(frame);
  return frame as WithConnections;
}

/** An empty frame is of the page's own origin and has all that a window has. */
type WithConnections = HTMLIFrameElement & { readonly contentWindow: (Window & typeof globalThis) | null };
