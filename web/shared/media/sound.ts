/**
 * What is heard of the others: one hidden audio element per audio slot, apart from the pictures, so that a tile that
 * moves or goes never cuts a voice. When the browser refuses to play before a gesture, `blocked` says so and the next
 * gesture tries again.
 */
import { useSpeaker } from "./level";

export class Sound {
  private readonly elements = new Map<string, HTMLAudioElement>();
  private readonly volumes = new Map<string, number>();
  private speakerId = "";
  private isBlocked = false;
  private readonly wake = () => this.isBlocked && this.playAll();

  constructor(private readonly onBlocked: (blocked: boolean) => void) {
    for (const gesture of ["pointerdown", "keydown"]) addEventListener(gesture, this.wake);
  }

  get blocked(): boolean {
    return this.isBlocked;
  }

  /** Exactly these tracks are to be heard, by slot. */
  setTracks(tracks: ReadonlyMap<string, MediaStreamTrack>): void {
    for (const [slot, element] of this.elements) {
      if (tracks.has(slot)) continue;
      element.srcObject = null;
      element.remove();
      this.elements.delete(slot);
    }
    for (const [slot, track] of tracks) {
      const element = this.elements.get(slot) ?? this.make(slot);
      const playing = element.srcObject instanceof MediaStream ? element.srcObject.getAudioTracks()[0] : undefined;
      if (playing === track) continue;
      element.srcObject = new MediaStream([track]);
      this.play(element);
    }
  }

  /** 0 to 1, of what flows in a slot now. */
  setVolume(slot: string, volume: number): void {
    this.volumes.set(slot, volume);
    const element = this.elements.get(slot);
    if (element) element.volume = volume;
  }

  setSpeaker(speakerId: string): void {
    this.speakerId = speakerId;
    for (const element of this.elements.values()) void useSpeaker(element, speakerId);
  }

  playAll(): void {
    this.setBlocked(false);
    for (const element of this.elements.values()) this.play(element);
  }

  close(): void {
    for (const gesture of ["pointerdown", "keydown"]) removeEventListener(gesture, this.wake);
    this.setTracks(new Map());
  }

  private make(slot: string): HTMLAudioElement {
    const element = document.body.appendChild(new Audio()); // in the page, so that it lives as long as it is wanted
    element.autoplay = true;
    element.volume = this.volumes.get(slot) ?? 1;
    if (this.speakerId) void useSpeaker(element, this.speakerId);
    this.elements.set(slot, element);
    return element;
  }

  private play(element: HTMLAudioElement): void {
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") this.setBlocked(true);
    });
  }

  private setBlocked(blocked: boolean): void {
    if (blocked === this.isBlocked) return;
    this.isBlocked = blocked;
    this.onBlocked(blocked);
  }
}
