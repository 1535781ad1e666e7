// A consultation in the laboratory: the server and one person with a busy camera at the near end, a person at the far end
// of the line whose browser is measured.
import { book, FPS, FULL_FPS, hears, joinCall, openChromium, openFirefox, signIn, sleep, startServer, ticket, until } from '../web/harness.mjs';
import { Lab } from './lab.mjs';
import { figures, samplesOf, settled, watch } from './watch.mjs';

export class Consultation {
  /**
   * `config` is added to the server's configuration. `light`, where it is asked by which way something comes, not how it looks: plain
   * pictures of few frames, and nobody waits until a page has its optional part.
   */
  static async open({ config = '', announce, light = false } = {}) {
    const one = new Consultation();
    one.light = light;
    one.people = [];
    one.lab = await Lab.open();
    try {
      one.server = await startServer({ host: one.lab.near, config, ...(announce ? { announce } : {}) });
      one.api = await signIn(one.server);
      one.id = (await book(one.api)).id;
    } catch (error) {
      await one.close();
      throw error;
    }
    return one;
  }

  /**
   * The person on the good line: a picture that fills every layer, and a tone in syllables. Opus' error correction is for speech, and
   * takes a tone that only hums for noise.
   */
  async near() {
    const camera = this.light ? {} : { busy: true, size: '960x540' };
    return this.enter(await openChromium({ host: this.lab.near, tone: 440, syllables: true, ...camera }));
  }

  /**
   * The one at the far end; its own picture is plain, so that what it sends leaves room. `before` is done before it opens the page,
   * `ready` when that has loaded, before it joins. `size` is the camera's; `profile` a folder that outlives the browser; `args` are
   * further switches of Chromium. Behind the NAT, where there is one.
   */
  async far({ before, ready, ...browser } = {}) {
    return this.enter(await this.openFar(browser), before, ready);
  }

  openFar({ firefox = false, profile, ...chromium }) {
    const same = { host: this.lab.home ?? this.lab.far, tone: 660, profile, fps: this.light ? FPS : FULL_FPS };
    return firefox ? openFirefox(same) : openChromium({ ...same, colour: 'green', syllables: true, ...chromium });
  }

  /** The one at the far end, whose browser `peer` is gone, opens their link again with the same profile. */
  async reopen(peer, profile) {
    const link = peer.page.url();
    await this.leave(peer);
    const again = await this.openFar({ profile });
    this.people.push(again);
    await again.open(link);
    return again;
  }

  async enter(peer, before = () => undefined, ready) {
    this.people.push(peer);
    await watch(peer);
    await before(peer);
    const text = await ticket(this.api, this.id, 'BS. An', 'doctor');
    await joinCall(peer, this.server, text, async () => {
      await ready?.(peer);
      peer.clicked = Date.now();
    });
    if (!ready && !this.light) await hasAll(peer); // on a thin line the optional part is left alone
    return peer;
  }

  async leave(peer) {
    this.people = this.people.filter((one) => one !== peer);
    await peer.close();
  }

  async close() {
    for (const peer of this.people) await peer.close();
    await this.server?.stop().finally(() => this.lab.close());
  }
}

/** Until the page has fetched its optional part, too, some seconds after the call has begun. */
export const hasAll = (peer) => until('the page to have all its parts', () =>
  peer.evaluate(() => performance.getEntriesByType('resource').some(({ name, responseEnd }) => /optional-.*js/.test(name) && responseEnd > 0)));

/** Until the person sees a picture this wide that moves. */
export async function sees(peer, width, timeout = 90000) {
  await until(`a picture ${width} wide`, async () => {
    const { width: now, fps } = figures(await samplesOf(peer, Date.now() - 1000));
    return now >= width && fps > 3;
  }, { timeout });
}

/** Until the one here hears the one at the far end, and the other way round. */
export const hearOneAnother = (near, far) => until('both to hear each other', async () => (await hears(near, [660])).length === 1 && (await hears(far, [440])).length === 1);

/** What the person got while `act` ran. */
export async function during(peer, act) {
  const since = Date.now();
  await act();
  return samplesOf(peer, since);
}

/** Once sound comes steadily: ms from `since` until it did, and the longest time without a packet of it. */
export const soundAgain = (peer, since) => until('sound to come steadily', async () => {
  const samples = await samplesOf(peer, since);
  const after = settled(samples, since, (step) => step.audioPackets > 0);
  return after !== null && { after, gap: figures(samples).gap };
});

export { sleep, until };
