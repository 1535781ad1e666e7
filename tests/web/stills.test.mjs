// A still asked of the far camera: consent first, taken at the camera's full size, seen by all, drawn on together, kept,
// shown in the panel and filed; and files of the chat by the same way.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { book, joinCall, openChromium, openFirefox, PASSWORD, sendFile, signIn, startEmr, startServer, ticket, tiles, until } from './harness.mjs';
import { changes, filmed, onPage } from './film.mjs';
import { readable } from './readable.mjs';

let server, emr, api, doctor, specialist, consultation;

before(async () => {
  emr = await startEmr();
  server = await startServer({ emr: emr.url });
  api = await signIn(server);
  consultation = (await book(api, { reason: 'Đau ngực khi gắng sức.\nXin ý kiến chụp mạch vành.' })).id;
  doctor = await openChromium({ colour: 'green', tone: 500, size: '1920x1080' });
  specialist = await openFirefox({ tone: 700 });
  await joinCall(doctor, server, await ticket(api, consultation, 'BS. Hà', 'doctor'));
  await joinCall(specialist, server, await ticket(api, consultation, 'BS. Sơn', 'specialist'));
  for (const peer of [doctor, specialist]) await peer.see('remote-tile');
});
after(async () => {
  for (const peer of [doctor, specialist]) await peer?.close();
  await server?.stop();
  emr?.stop();
});

const stills = async () => (await api.get(`/consultations/${consultation}/files`)).items.filter((file) => file.kind === 'still');
const shown = (peer) =>
  peer.evaluate(async () => {
    const image = document.querySelector('[data-testid="still"] img');
    if (!image) return null;
    const probe = new Image();
    probe.src = image.src;
    await probe.decode();
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 1;
    const context = canvas.getContext('2d');
    context.drawImage(probe, probe.naturalWidth / 2, probe.naturalHeight / 2, 1, 1, 0, 0, 1, 1);
    return { width: probe.naturalWidth, height: probe.naturalHeight, colour: [...context.getImageData(0, 0, 1, 1).data] };
  });

/** From one place on the picture to another, in shares of its box. */
async function drag(peer, from, to) {
  const box = await (await peer.page.waitForSelector(peer.at('still-picture'))).boundingBox();
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  await peer.page.mouse.move(...at(from));
  await peer.page.mouse.down();
  await peer.page.mouse.move(...at(to), { steps: 5 });
  await peer.page.mouse.up();
}

test('no picture is taken before the person at the camera has agreed', async () => {
  await until('the specialist to see the camera', () => specialist.evaluate(() => document.querySelector('[data-testid="remote-tile"] video')?.videoWidth > 0));
  await specialist.page.keyboard.press('s');
  await doctor.see('photograph-yes');
  assert.equal(await doctor.has('still'), false);
  assert.deepEqual(await stills(), []);
});

test('after a yes all see it, at the full size of the camera and not of what is sent', async (t) => {
  const began = Date.now();
  await doctor.click('photograph-yes');
  await specialist.see('still');
  t.diagnostic(`thumbnail after ${Date.now() - began} ms`);
  await doctor.see('still');
  for (const peer of [doctor, specialist])
    await until('the full picture', () => peer.evaluate(() => document.querySelector('[data-testid="still-picture"]')?.getAttribute('data-full') === 'true'));
  t.diagnostic(`full picture after ${Date.now() - began} ms`);
  const picture = await shown(specialist);
  const sent = await doctor.evaluate(() => document.querySelector('[data-testid="self-tile"] video').videoWidth);
  assert.equal(`${picture.width}x${picture.height}`, '1920x1080');
  assert.ok(sent < picture.width, `the call itself carries ${sent}`);
  assert.ok(picture.colour[1] > picture.colour[0] && picture.colour[1] > picture.colour[2], `the doctor's green camera: ${picture.colour}`);
  const [file] = await stills();
  assert.equal(file.state, 'ready');
  assert.equal(file.participant_name, 'BS. Hà');
  assert.equal(file.requested_by_name, 'BS. Sơn');
  const rows = (await api.get('/audit')).items.map((row) => row.action);
  for (const action of ['consent.give', 'still.take', 'file.receive', 'file.read']) assert.ok(rows.includes(action), action);
});

test('who has agreed is not asked again', async () => {
  await specialist.page.keyboard.press('s');
  await until('a second still', async () => (await stills()).filter((file) => file.state === 'ready').length === 2);
  assert.equal(await doctor.has('photograph-yes'), false);
});

test('what one draws the other sees, with the name, at once', async () => {
  await specialist.click('stills');
  await specialist.click('gallery-still');
  const id = await specialist.page.$eval(specialist.at('still'), (element) => element.dataset.still);
  await doctor.click('stills');
  await doctor.click('gallery-still');
  assert.equal(await doctor.page.$eval(doctor.at('still'), (element) => element.dataset.still), id);
  await specialist.click('tool-arrow');
  await drag(specialist, [0.3, 0.3], [0.6, 0.5]);
  await doctor.see('mark');
  const mark = await doctor.page.$eval(doctor.at('mark'), (element) => ({ kind: element.dataset.kind, text: element.textContent }));
  assert.deepEqual(mark, { kind: 'arrow', text: 'BS. Sơn' });
});

test('a mark is seen by the other while it is drawn: from the pointer to the pixel', async (t) => {
  const places = Array.from({ length: 20 }, (_, i) => [150 + (i % 10) * 80, 150 + Math.floor(i / 10) * 120]);
  const seenAt = await Promise.all(places.map(([x, y]) => onPage(doctor, x, y)));
  const from = await Promise.all(places.map(([x, y]) => onPage(specialist, x, y)));
  await specialist.click('tool-pen');
  await specialist.evaluate(() => {
    globalThis.pressed = [];
    addEventListener('pointerdown', (event) => globalThis.pressed.push(performance.timeOrigin + event.timeStamp), { capture: true });
  });
  const frames = await filmed(doctor, async () => {
    for (const [x, y] of from) {
      await specialist.page.mouse.move(x, y);
      await specialist.page.mouse.down();
      await specialist.page.mouse.move(x + 10, y + 6, { steps: 3 });
      await specialist.page.mouse.up();
      await new Promise((done) => setTimeout(done, 250));
    }
    await until('all marks to be there', () => doctor.evaluate((all) => document.querySelectorAll('[data-testid="mark"]').length === all, places.length + 1));
  });
  const pressed = await specialist.evaluate(() => globalThis.pressed);
  const found = await changes(doctor, frames, seenAt);
  const took = found.map((at, i) => at && Math.round(at - pressed[i])).sort((a, b) => a - b);
  assert.ok(found.every(Boolean), `every mark is seen: ${took}`);
  t.diagnostic(`pointer down at one to pixel at the other, ${took.length} marks: median ${took[9]} ms, p95 ${took[18]} ms, most ${took.at(-1)} ms (${frames.length} pictures looked at)`);
  for (let i = 0; i < places.length; i++) await specialist.click('tool-undo');
  await until('the marks to be taken back', () => doctor.evaluate(() => document.querySelectorAll('[data-testid="mark"]').length === 1));
});

test('a pointer is seen under its name and goes again', async () => {
  await specialist.click('tool-pointer');
  const box = await (await specialist.page.$(specialist.at('still-picture'))).boundingBox();
  let aside = 0;
  await until('the pointer under its name', async () => { // it fades when it is not moved
    await specialist.page.mouse.move(box.x + box.width / 2 + (aside = 9 - aside), box.y + box.height / 2, { steps: 3 });
    return (await doctor.text('pointer')) === 'BS. Sơn';
  });
  await specialist.page.mouse.move(5, 5);
  await doctor.gone('pointer');
});

test('the keyboard draws, undo takes back one\'s own and not another\'s', async () => {
  await doctor.click('tool-ellipse');
  await doctor.page.focus(doctor.at('still-picture'));
  for (const key of ['ArrowRight', 'Enter', 'ArrowRight', 'ArrowRight', 'ArrowDown', 'ArrowDown', 'Enter']) await doctor.page.keyboard.press(key);
  await until('the ellipse', () => specialist.evaluate(() => document.querySelectorAll('[data-testid="mark"]').length === 2));
  await specialist.click('tool-undo');
  await until('the arrow gone', () => doctor.evaluate(() => [...document.querySelectorAll('[data-testid="mark"]')].map((mark) => mark.dataset.kind).join() === 'ellipse'));
});

test('lengths are told in millimetres once a scale is set, and by whom', async () => {
  await specialist.click('tool-scale');
  await drag(specialist, [0.2, 0.8], [0.4, 0.8]);
  await specialist.page.type(specialist.at('scale-length'), '10,0');
  await specialist.click('scale-set');
  await until('the scale', async () => /Thang đo: Thước, 10,0 mm, do BS\. Sơn đặt/.test(await doctor.text('still-scale')));
  await drag(specialist, [0.2, 0.5], [0.6, 0.5])
  const pixels = ([x1, y1, x2, y2]) => Math.hypot(x2 - x1, y2 - y1);
  const [wanted, length] = await until('the whole line in the store', async () => {
    const drawn = (await stills()).find((file) => file.marks?.calibration)?.marks;
    const line = drawn?.marks.find(({ kind }) => kind === 'measure');
    const mm = line && (10 * pixels(line.points)) / pixels(drawn.calibration.points);
    return line && pixels(line.points) > 500 && [`${mm.toFixed(1).replace('.', ',')} mm – BS. Sơn`, mm];
  });
  await until(`the label ${wanted}`, async () => doctor.evaluate((text) => document.querySelector('[data-kind="measure"]')?.textContent === text, wanted));
  assert.ok(length > 10, 'a line longer than the reference');
});

test('marks are kept, and are there again after a reload', async () => {
  await until('the marks in the store', async () => (await stills()).some((file) => file.marks?.marks?.length === 2 && file.marks.calibration));
  await doctor.page.reload();
  await doctor.see('call');
  await doctor.click('stills');
  await doctor.click('gallery-still');
  await until('the marks', () => doctor.evaluate(() => document.querySelectorAll('[data-testid="mark"]').length === 2));
});

test('axe has nothing to say of the still and its tools', async () => {
  await readable(doctor.page);
  if (process.env.HOICHAN_PICTURES) await doctor.screenshot(`${process.env.HOICHAN_PICTURES}/still.png`);
});

test('where every pixel matters the still is asked for without loss', async () => {
  const count = (await stills()).length;
  if (!(await specialist.has('lossless'))) await specialist.click('stills');
  await specialist.click('lossless');
  await specialist.page.click('.bar');
  await specialist.page.keyboard.press('s');
  const file = await until('the still', async () => (await stills()).length > count && (await stills()).find(({ state, type }) => state === 'ready' && type === 'image/png'));
  assert.equal(file.participant_name, 'BS. Hà');
});

test('whoever withdraws is not photographed any more', async () => {
  await doctor.click('photograph-change');
  await until('the word to be taken back', async () => (await api.get(`/consultations/${consultation}/consents`)).items.some(({ purpose, granted }) => purpose === 'photographs' && !granted));
  const before = (await stills()).length;
  await specialist.page.keyboard.press('Escape');
  await specialist.page.click('.bar'); // no field has the focus
  await specialist.page.keyboard.press('s');
  await until('the refusal in words', () => specialist.evaluate(() => /chưa đồng ý cho chụp ảnh/.test(document.querySelector('.toasts')?.textContent ?? '')));
  assert.equal((await stills()).length, before);
  assert.deepEqual([...doctor.errors, ...specialist.errors], []);
});

test('who has Firefox gives a picture of their own camera, which they were asked for, at its full size too', async () => {
  const count = (await stills()).length;
  if (!(await specialist.has('take-from'))) await specialist.click('stills');
  await specialist.evaluate(() => [...document.querySelectorAll('[data-testid="take-from"]')].find(({ textContent }) => textContent.includes('BS. Sơn')).click());
  await specialist.click('photograph-yes');
  const file = await until('the still', async () => (await stills()).length > count && (await stills()).find(({ state, participant_name }) => state === 'ready' && participant_name === 'BS. Sơn'));
  const camera = await specialist.evaluate(() => {
    const [track] = document.querySelector('[data-testid="self-tile"] video').srcObject.getVideoTracks();
    const { width, height } = track.getCapabilities();
    return { sent: track.getSettings().width, full: `${width.max}x${height.max}` };
  });
  assert.ok(camera.sent < file.width, `the call itself carries ${camera.sent}`);
  assert.equal(`${file.width}x${file.height}`, camera.full);
  await specialist.page.keyboard.press('Escape');
});

const letter = Buffer.from(`%PDF-1.7\n${'Giấy chuyển viện. '.repeat(2000)}`);

test('a file sent in the chat reaches the other, and one of a foreign type is refused in words', async () => {
  await specialist.page.click('.bar button[title*="(C)"]');
  await sendFile(specialist, 'chat-file', { name: 'Giấy chuyển viện.pdf', buffer: letter });
  await doctor.page.click('.bar button[title*="(C)"]');
  await doctor.see('chat-line-file');
  const [download] = await Promise.all([doctor.page.waitForEvent('download'), doctor.page.click(`${doctor.at('chat-line-file')} button`)]);
  assert.equal(download.suggestedFilename(), 'Giấy chuyển viện.pdf');
  assert.ok(readFileSync(await download.path()).equals(letter));
  await sendFile(specialist, 'chat-file', { name: 'phim.png', buffer: Buffer.from('MZ, a program under another name') });
  await until('the refusal', () => specialist.evaluate(() => /Chỉ nhận ảnh JPEG, PNG, tệp PDF và DICOM/.test(document.querySelector('.toasts')?.textContent ?? '')));
  await readable(doctor.page);
});

test('papers lie beside the pictures: read while seeing, on this device from now on', async () => {
  const film = execFileSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-f', 'lavfi', '-i', 'color=c=0x404040:s=1600x1200', '-frames:v', '1', '-f', 'mjpeg', '-']);
  await sendFile(specialist, 'chat-file', { name: 'Phim phổi.jpg', buffer: film });
  await until('the film in the chat', () => doctor.evaluate(() => document.querySelectorAll('[data-testid="chat-line-file"]').length === 2));
  await doctor.page.keyboard.press('Escape');
  await doctor.page.click('.topline');
  await doctor.page.keyboard.press('g');
  await doctor.see('papers');
  await doctor.page.click('[data-paper="referral"]');
  await until('why it was asked for', async () => /gắng sức\.\nXin ý kiến/.test(await doctor.text('paper-open')));
  const film_ = doctor.page.locator(doctor.at('paper'), { hasText: 'Phim phổi.jpg' });
  await film_.focus();
  await doctor.page.keyboard.press('Enter');
  await until('the film large', () => doctor.evaluate(() => document.querySelector('[data-testid="paper-open"] img')?.naturalWidth === 1600));
  await until('the specialist beside it, moving', async () => (await tiles(doctor)).some((tile) => tile.moves));
  const halves = await doctor.evaluate(() => ['.call__pictures', '.papers'].map((one) => document.querySelector(one).getBoundingClientRect().width));
  assert.ok(halves.every((width) => width > 400), `each a half: ${halves}`);
  if (process.env.HOICHAN_PICTURES) await doctor.screenshot(`${process.env.HOICHAN_PICTURES}/papers.png`);
  await readable(doctor.page);
  await doctor.page.locator(`${doctor.at('paper')}:has(img)`).first().click();
  await doctor.see('still');
  assert.equal(await doctor.has('tool-arrow'), true, 'it is drawn on where it lies');
  await doctor.page.reload();
  await doctor.see('papers');
  await doctor.page.setViewportSize({ width: 390, height: 844 });
  const [above, below] = await doctor.evaluate(() => ['.call__pictures', '.papers'].map((one) => document.querySelector(one).getBoundingClientRect().toJSON()));
  assert.ok(above.bottom <= below.top && below.bottom <= 844 && below.height > 250, 'one above the other on a phone');
  await doctor.page.setViewportSize({ width: 1280, height: 720 });
});

test('the panel shows pictures, marks and files, and who asked for them', async () => {
  const admin = await openChromium({});
  try {
    await admin.open(`${server.origin}/admin`);
    await admin.page.fill(admin.at('login-user'), 'admin');
    await admin.page.fill(admin.at('login-password'), PASSWORD);
    await admin.click('login-submit');
    await admin.page.waitForSelector('nav');
    await admin.open(`${server.origin}/admin/consultations/${consultation}`);
    await admin.see('still-row');
    const row = await until('a row with its marks', () => admin.evaluate(() => [...document.querySelectorAll('[data-testid="still-row"]')].map((one) => ({ text: one.textContent, marks: one.querySelectorAll('[data-testid="mark"]').length })).find((one) => one.marks)));
    assert.equal(row.marks, 2);
    assert.match(row.text, /Mặt · BS\. Hà/);
    assert.match(row.text, /theo yêu cầu của BS\. Sơn/);
    assert.match(row.text, /1920 × 1080/);
    await admin.see('file-row');
    if (process.env.HOICHAN_PICTURES) await admin.page.screenshot({ path: `${process.env.HOICHAN_PICTURES}/panel-stills.png`, fullPage: true });
    await readable(admin.page);
    assert.deepEqual(admin.errors, []);
  } finally {
    await admin.close();
  }
});

test('at the end the pictures are filed with their hashes, and what was drawn beside them', async () => {
  await api.post(`/consultations/${consultation}/end`);
  const filed = await until('the stills at the EMR', async () => {
    const taken = (await stills()).map(({ id }) => id);
    const found = (await emr.search('DocumentReference')).filter((one) => taken.some((id) => one.content[0].attachment.url.includes(id)));
    return taken.length === 4 && found.length === 4 && found;
  });
  for (const document of filed) {
    const { url, hash, size } = document.content[0].attachment;
    const bytes = await api.file(new URL(url).pathname.replace('/api/v1', ''));
    assert.equal(bytes.length, size);
    assert.equal(createHash('sha1').update(bytes).digest('base64'), hash);
    assert.equal(document.context.encounter[0].reference, `Encounter/hoichan-${consultation}`);
  }
  const [encounter] = await emr.search('Encounter');
  assert.match(encounter.reasonCode.map(({ text }) => text).join(), /Đau ngực khi gắng sức/);
  const drawn = filed.map((one) => one.content[1]?.attachment).find(Boolean);
  assert.match(Buffer.from(drawn.data, 'base64').toString(), /mm – BS\. Sơn/);
});
