// The Bundle that tests/unit/test_fhir.c builds, filed in the strict FHIR server: valid as it stands, and once however often.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';

const here = new URL('.', import.meta.url);
const bundle = JSON.parse(readFileSync(new URL('../vectors/fhir/consultation.json', here)));
let child, url;

before(async () => {
  child = spawn(process.execPath, [new URL('server.mjs', here).pathname, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  url = String(line).trim();
});

after(() => child?.kill());

const file = async (body) => {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/fhir+json' }, body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
};
const all = async (type) => ((await (await fetch(`${url}/${type}`)).json()).entry ?? []).map((entry) => entry.resource);
const types = ['Patient', 'Appointment', 'Encounter', 'Consent', 'DocumentReference', 'Provenance'];

test('every resource is valid and referred to', async () => {
  const { status, body } = await file(bundle);
  assert.equal(status, 200, JSON.stringify(body));
  for (const [index, entry] of body.entry.entries()) assert.match(entry.response.status, /^20[01]/, `${index}: ${JSON.stringify(entry)}`);
  const counts = await Promise.all(types.map(async (type) => (await all(type)).length));
  assert.deepEqual(counts, [1, 1, 1, 4, 4, 3]);
  const [patient] = await all('Patient');
  for (const type of ['Encounter', 'DocumentReference']) assert.equal((await all(type))[0].subject.reference, `Patient/${patient.id}`);
});

test('filed again, nothing changes', async () => {
  const before = await Promise.all(types.map(all));
  const { status } = await file(bundle);
  assert.equal(status, 200);
  const after = await Promise.all(types.map(all));
  const plain = (lists) => lists.map((list) => list.map(({ meta, ...resource }) => resource));
  assert.deepEqual(plain(after), plain(before));
});

test('the server does refuse what is wrong', async () => {
  for (const spoil of [
    (entry) => delete entry.resource.status,
    (entry) => (entry.resource.status = 'over'),
    (entry) => (entry.resource.subject = { reference: 'Patient/nobody' }),
    (entry) => (entry.resource.period = { start: 'noon' }),
    (entry) => (entry.resource.statusHistory = []),
  ]) {
    const wrong = structuredClone(bundle);
    spoil(wrong.entry.find((entry) => entry.resource.resourceType === 'Encounter'));
    assert.equal((await file(wrong)).status, 400, String(spoil));
  }
});
