// From the pointer to the pixel: what a page's window shows, picture by picture, as its compositor has it.
import { until } from './harness.mjs';

/** Where a point of the picture, in its pixels, is on the page. */
export const onPage = (peer, x, y) =>
  peer.evaluate(([px, py]) => {
    const { x: left, y: top } = new DOMPoint(px, py).matrixTransform(document.querySelector('[data-testid="still-picture"]').getScreenCTM());
    return [left, top];
  }, [x, y]);

/** What a page's window shows, picture by picture with the time of each, while `act` goes on: by the compositor, not by the page. */
export async function filmed(peer, act) {
  const session = await peer.page.context().newCDPSession(peer.page);
  const frames = [];
  session.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
    frames.push({ data, at: metadata.timestamp * 1000 });
    session.send('Page.screencastFrameAck', { sessionId }).catch(() => undefined);
  });
  await session.send('Page.startScreencast', { format: 'jpeg', quality: 80, maxWidth: 640, maxHeight: 360, everyNthFrame: 1 });
  await until('the page as it was before', () => frames.length > 0);
  await act();
  const before = frames.length;
  await until('the page as it is afterwards', () => frames.length > before + 2); // what was on its way is in these
  await session.send('Page.stopScreencast');
  return frames;
}

/** When each place first looked otherwise than before: by place, in ms. */
export async function changes(peer, frames, places) {
  const judge = await peer.page.context().newPage();
  try {
    await judge.evaluate((count) => (globalThis.judged = { base: null, found: Array(count).fill(null) }), places.length);
    for (let i = 0; i < frames.length; i += 20)
      await judge.evaluate(async ([some, at]) => {
        const { judged } = globalThis;
        for (const frame of some) {
          const bitmap = await createImageBitmap(await (await fetch(`data:image/jpeg;base64,${frame.data}`)).blob());
          const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d', { willReadFrequently: true });
          context.drawImage(bitmap, 0, 0);
          const scale = bitmap.width / 1280;
          const look = at.map(([x, y]) => context.getImageData(Math.round(x * scale) - 2, Math.round(y * scale) - 2, 6, 6).data);
          judged.base ??= look;
          look.forEach((now, place) => {
            const most = Math.max(...now.map((value, index) => Math.abs(value - judged.base[place][index])));
            if (most > 40) judged.found[place] ??= frame.at;
          });
        }
      }, [frames.slice(i, i + 20), places]);
    return await judge.evaluate(() => globalThis.judged.found);
  } finally {
    await judge.close();
  }
}
