import { sampleAuditRecord } from '@sallyport/audit-log';

/** Creates a generator of pseudo-random numbers in [0, 1), the same for the same seed (mulberry32). */
function createDice(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

type Person = { name: string; groups: string[]; sessions: string[] };
type Asked = {
  resource: string;
  apiGroup: string;
  subresource: string;
  verb: string;
  requestVerb: string;
  named: boolean;
  weight: number;
};

const kinds: readonly Asked[] = [
  { resource: 'pods', apiGroup: '', subresource: '', verb: 'list', requestVerb: 'list', named: false, weight: 22 },
  { resource: 'pods', apiGroup: '', subresource: '', verb: 'get', requestVerb: 'get', named: true, weight: 18 },
  { resource: 'pods', apiGroup: '', subresource: '', verb: 'watch', requestVerb: 'watch', named: false, weight: 8 },
  { resource: 'pods', apiGroup: '', subresource: 'log', verb: 'get', requestVerb: 'get', named: true, weight: 9 },
  { resource: 'pods', apiGroup: '', subresource: 'exec', verb: 'create', requestVerb: 'get', named: true, weight: 3 },
  { resource: 'pods', apiGroup: '', subresource: '', verb: 'delete', requestVerb: 'delete', named: true, weight: 2 },
  {
    resource: 'deployments',
    apiGroup: 'apps',
    subresource: '',
    verb: 'list',
    requestVerb: 'list',
    named: false,
    weight: 10,
  },
  {
    resource: 'deployments',
    apiGroup: 'apps',
    subresource: '',
    verb: 'patch',
    requestVerb: 'patch',
    named: true,
    weight: 5,
  },
  {
    resource: 'deployments',
    apiGroup: 'apps',
    subresource: 'scale',
    verb: 'update',
    requestVerb: 'update',
    named: true,
    weight: 1,
  },
  { resource: 'secrets', apiGroup: '', subresource: '', verb: 'get', requestVerb: 'get', named: true, weight: 3 },
  { resource: 'configmaps', apiGroup: '', subresource: '', verb: 'get', requestVerb: 'get', named: true, weight: 7 },
  { resource: 'events', apiGroup: '', subresource: '', verb: 'list', requestVerb: 'list', named: false, weight: 6 },
  { resource: 'services', apiGroup: '', subresource: '', verb: 'list', requestVerb: 'list', named: false, weight: 5 },
  { resource: 'nodes', apiGroup: '', subresource: '', verb: 'list', requestVerb: 'list', named: false, weight: 1 },
];
const weights = kinds.reduce((sum, { weight }) => sum + weight, 0);

export const clusters = ['dev', 'staging', 'prod'];
export const teams = Array.from({ length: 40 }, (_none, index) => `team-${index}`);

function pick<T>(dice: () => number, list: readonly T[]): T {
  return list[Math.floor(dice() * list.length)]!;
}

function pickKind(dice: () => number): Asked {
  let left = dice() * weights;
  return kinds.find(({ weight }) => (left -= weight) < 0) ?? kinds[0]!;
}

function createPeople(dice: () => number): Person[] {
  return Array.from({ length: 400 }, (_none, index) => ({
    name: `person-${index}@example.com`,
    groups: [
      pick(dice, teams),
      ...(dice() < 0.3 ? [pick(dice, teams)] : []),
      ...(dice() < 0.05 ? ['sre'] : []),
      ...(dice() < 0.02 ? ['auditors'] : []),
    ],
    sessions: Array.from({ length: 5 }, (_one, number) => `session-${index}-${number}`),
  }));
}

function describe(dice: () => number, person: Person, at: number) {
  const asked = pickKind(dice);
  const cluster = pick(dice, clusters);
  const namespace = asked.resource === 'nodes' ? '' : dice() < 0.8 ? pick(dice, person.groups) : pick(dice, teams);
  const name = asked.named ? `${asked.resource}-${Math.floor(dice() * 5000)}` : '';
  const allowed =
    person.groups.includes('sre') ||
    (person.groups.includes(namespace) && (cluster !== 'prod' || asked.verb !== 'delete'));
  const group = asked.apiGroup === '' ? 'api/v1' : `apis/${asked.apiGroup}/v1`;
  const uri = `/${group}${namespace === '' ? '' : `/namespaces/${namespace}`}/${asked.resource}${name === '' ? '' : `/${name}`}${asked.subresource === '' ? '' : `/${asked.subresource}`}${asked.verb === 'list' ? '?limit=500' : ''}`;
  return { asked, cluster, namespace, name, allowed, uri, session: pick(dice, person.sessions), at };
}

/**
 * Generates audit events as a gateway writes them, one per line: two per allowed request, one per refused request. The
 * same seed gives the same events.
 */
export function* recordedEvents(requests: number, seed: number): Generator<string> {
  const dice = createDice(seed);
  const people = createPeople(dice);
  const begin = Date.parse('2026-11-01T00:00:00Z');
  for (let index = 0; index < requests; index += 1) {
    const person = pick(dice, people);
    const { asked, cluster, namespace, name, allowed, uri, session, at } = describe(dice, person, begin + index * 2000);
    const { resource, apiGroup, subresource, verb, requestVerb } = asked;
    const record = sampleAuditRecord({ session, cluster, time: at });
    const { data } = record;
    Object.assign(data, {
      requestURI: uri,
      verb: requestVerb,
      user: { ...data.user, username: person.name, groups: person.groups },
      responseStatus: { code: allowed ? 200 : 403 },
      objectRef: {
        resource,
        apiVersion: 'v1',
        ...(namespace === '' ? {} : { namespace }),
        ...(name === '' ? {} : { name }),
        ...(apiGroup === '' ? {} : { apiGroup }),
        ...(subresource === '' ? {} : { subresource }),
      },
    });
    Object.assign(data.sallyport, {
      policyVerb: verb,
      identity: { ...data.sallyport.identity, sub: person.name, email: person.name, groups: person.groups },
      clientAddress: `10.${index % 7}.${index % 251}.${index % 241}`,
      decision: {
        effect: allowed ? 'allow' : 'deny',
        rule: allowed ? `cluster/${cluster}[0].allow.or` : 'default-deny',
        reasons: [allowed ? 'groups-ok' : 'groups-unauthorized'],
        policyVersion: '0123456789abcdef',
      },
    });
    const { id, type, source, time, key } = record;
    const line = (stage: string) =>
      `${JSON.stringify({ ...data, stage, cloudEvent: { id, type, source, time, key, specversion: '1.0' } })}\n`;
    if (allowed) yield line('RequestReceived');
    yield line('ResponseComplete');
  }
}
