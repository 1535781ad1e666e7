// What a page was made to sound, whether or not there is anything to hear it on.

/** For `init`: remembers the contexts of all notes that were begun. */
export function listen() {
  const { start } = OscillatorNode.prototype;
  globalThis.sounds = [];
  OscillatorNode.prototype.start = function (...when) {
    globalThis.sounds.push(this.context);
    return start.apply(this, when);
  };
}

/** The state of each: running, suspended, closed. */
export const rung = (peer) => peer.evaluate(() => globalThis.sounds.map(({ state }) => state));
