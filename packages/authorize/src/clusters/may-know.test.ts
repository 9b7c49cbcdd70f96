import { describe, expect, it } from '@jest/globals';
import { checkOf, identityOf, kubernetes, sampleConfig } from '../testing/authorize-rig.ts';
import { useRigs } from '../testing/use-rigs.ts';

const start = useRigs();
const server = 'https://10.0.0.1:6443';
const cluster = (name: string, policy: object[], more: object = {}) => ({ name, server, token: 't', policy, ...more });
const developers = { allow: { and: [{ groups: 'developers' }] } };

const config = {
  ...sampleConfig,
  gateway: { url: 'https://gate.example.com', trustedProxies: ['10.0.0.0/8'] },
  policy: [{ allow: { and: [{ groups: 'sre' }, { 'k8s/cluster': 'global' }] } }],
  clusters: [
    cluster('dev', [developers, { deny: { and: [{ 'k8s/verb': 'delete' }] } }]),
    cluster('barred', [{ allow: { or: [{ accept: true }] } }, { deny: { or: [{ groups: 'contractors' }] } }]),
    cluster('global', []),
    cluster('shadowed', [developers], { shadow: [{ allow: { or: [{ accept: true }] } }] }),
    cluster('told', [developers], { explain: true }),
    cluster('later', [{ allow: { and: [{ groups: 'interns' }, { max_age: '5m' }] } }]),
  ],
  elevations: [
    {
      name: 'on-call',
      clusters: ['dev'],
      namespaces: ['team-*'],
      groups: ['developers'],
      requesters: [{ allow: { and: [{ groups: 'oncall' }, { 'k8s/namespace': 'team-a' }] } }],
      approvals: 0,
    },
  ],
  routes: [
    { from: 'https://wiki.example.com', to: 'http://wiki', policy: [developers, { deny: { or: [{ groups: 'x' }] } }] },
  ],
};

async function setUp() {
  const rig = await start({ config });
  /**
   * Returns everything of the answer to a request that a client or its events can show, without the name of the
   * cluster.
   */
  const ask = async (token: string, name: string, more: object = {}) => {
    const target = { kind: 'cluster', name } as const;
    const [answer] = await rig.ask(checkOf(token, target, { kubernetes: kubernetes({ ...more }) }));
    return JSON.parse(JSON.stringify(answer).replaceAll(name, 'NAME')) as NonNullable<typeof answer>;
  };
  return { ...rig, check: rig.ask, ask };
}

describe('a cluster of which no rule is about the caller', () => {
  it.each([
    ['mallory', [], 'dev', {}],
    ['mallory', [], 'dev', { verb: 'delete', requestVerb: 'delete' }],
    [
      'mallory',
      [],
      'dev',
      { apiGroup: 'example.com', resource: 'widgets', namespace: '', verb: 'list', requestVerb: 'list' },
    ],
    ['carl', ['contractors'], 'barred', {}],
    ['sam', ['sre'], 'dev', {}],
    ['mallory', [], 'global', {}],
    ['dora', ['developers'], 'global', {}],
  ])('is answered like one that does not exist: %s %j on %s %j', async (user, groups, name, more) => {
    const rig = await setUp();
    const token = await rig.logIn(identityOf(user, groups));
    const hidden = await rig.ask(token, name, more);
    expect(hidden).toEqual(await rig.ask(token, 'nowhere', more));
    expect(hidden).toMatchObject({
      decision: { effect: 'deny', rule: 'default-deny', reasons: [] },
      cluster: 'unknown',
      problem: {
        code: 'forbidden',
        detail:
          'There is no cluster "NAME" that you may use. Run "sallyport clusters" to list yours, or ask your operator for access.',
      },
    });
  });

  it('is the same to the API: explain, can-i, an elevation, and the list', async () => {
    const rig = await setUp();
    const token = await rig.logIn(identityOf('mallory'));
    const post = async (path: string, body: object) => {
      const headers = { authorization: await rig.credential() };
      const answer = await fetch(`${rig.url}${path}`, { method: 'POST', body: JSON.stringify(body), headers });
      return `${answer.status} ${await answer.text()}`;
    };
    const answers = async (name: string) => {
      const check = checkOf(token, { kind: 'cluster', name }, { kubernetes: kubernetes() });
      const { credential, request } = check;
      const asked = { name: 'on-call', cluster: name, namespace: 'team-a', durationMs: 60_000, reason: 'r' };
      const requests = [{ method: 'GET', kubernetes: kubernetes() }];
      const all = [
        await post('/v1/explain', { check }),
        await post('/v1/can-i', { check, requests }),
        await post('/v1/elevations', { credential, request, action: 'request', asked }),
        await post('/v1/elevation-candidates', { check }),
        await post('/v1/clusters', { credential }),
      ];
      return all.map((text) => text.replaceAll(name, 'NAME'));
    };
    expect(await answers('dev')).toEqual(await answers('nowhere'));
  });

  it('is still counted by policies that are tried out', async () => {
    const rig = await setUp();
    const answer = await rig.ask(await rig.logIn(identityOf('mallory')), 'shadowed');
    expect(answer).toMatchObject({
      cluster: 'unknown',
      decision: { rule: 'default-deny', shadow: [{ effect: 'allow' }] },
    });
  });
});

describe('a cluster of which a rule could apply to the caller', () => {
  it.each([
    [
      'for what the rule does not allow',
      ['developers'],
      'dev',
      { verb: 'delete', requestVerb: 'delete' },
      'cluster/NAME[1].deny.and',
    ],
    ['where they could ask for an elevation in some namespace', ['oncall'], 'dev', {}, 'default-deny'],
    ['after another login', ['interns'], 'later', {}, 'default-deny'],
    ['where a refusal may tell everyone what would be allowed', [], 'told', {}, 'default-deny'],
  ])('has the helpful refusal %s', async (_when, groups, name, more, rule) => {
    const rig = await setUp();
    const answer = await rig.ask(await rig.logIn(identityOf('alice', groups)), name, more);
    expect(answer).not.toHaveProperty('cluster');
    expect(answer).toMatchObject({
      decision: { effect: 'deny', rule },
      problem: { code: 'forbidden', detail: expect.stringContaining(`policy rule "${rule}" does not allow`) },
    });
  });

  it('is on the list of a person who could only ask for an elevation there', async () => {
    const rig = await setUp();
    const { credential } = checkOf(await rig.logIn(identityOf('olga', ['oncall'])), { kind: 'self' });
    const answer = await fetch(`${rig.url}/v1/clusters`, {
      method: 'POST',
      body: JSON.stringify({ credential }),
      headers: { authorization: await rig.credential() },
    });
    expect(await answer.json()).toEqual({ clusters: ['dev', 'barred'] });
  });
});

describe('a web application of which no rule is about the caller', () => {
  it('is refused like one that does not exist, without the number of a rule', async () => {
    const rig = await setUp();
    const token = await rig.logIn(identityOf('mallory', ['x']));
    const of = async (host: string) => {
      const request = { method: 'GET', path: '/', host, ip: '10.0.0.9' };
      const [answer] = await rig.check(checkOf(token, { kind: 'route', host }, { request }));
      return JSON.stringify(answer).replaceAll(host, 'HOST');
    };
    expect(await of('wiki.example.com')).toBe(await of('none.example.com'));
    expect(await of('wiki.example.com')).toContain('policy rule \\"default-deny\\" does not allow');
  });
});
