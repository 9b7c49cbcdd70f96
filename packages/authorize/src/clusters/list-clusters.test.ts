import { describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { identityOf, sampleConfig, startRig } from '../testing/authorize-rig.ts';

const [dev] = sampleConfig.clusters;
const config = {
  ...sampleConfig,
  clusters: [
    ...sampleConfig.clusters,
    {
      ...dev,
      name: 'narrow',
      policy: [{ allow: { and: [{ groups: 'developers' }, { 'k8s/namespace': 'team-a' }, { 'k8s/verb': 'get' }] } }],
    },
    {
      ...dev,
      name: 'spaces',
      policy: [],
      namespaces: [{ match: 'team-*', policy: [{ allow: { or: [{ email: 'bob@example.com' }] } }] }],
    },
    {
      ...dev,
      name: 'barred',
      policy: [{ allow: { or: [{ accept: true }] } }, { deny: { or: [{ groups: 'developers' }] } }],
    },
  ],
};

const routes = [
  {
    from: 'https://grafana.example.com:8443',
    to: 'http://grafana',
    policy: [{ allow: { or: [{ groups: 'developers' }] } }],
  },
  {
    from: 'https://wiki.example.com:8443',
    to: 'http://wiki',
    policy: [{ allow: { and: [{ groups: 'sre' }, { http_method: 'GET' }] } }],
  },
  { from: 'https://none.example.com:8443', to: 'http://none' },
  {
    from: 'https://barred.example.com:8443',
    to: 'http://barred',
    policy: [{ allow: { or: [{ authenticated_user: true }] } }, { deny: { or: [{ groups: 'developers' }] } }],
  },
];

async function setUp(more: Parameters<typeof startRig>[0] = {}) {
  const rig = await startRig({ config, ...more });
  const ask = async (body: unknown, headers: Record<string, string> = { authorization: rig.authorization }) => {
    const response = await fetch(`${rig.url}/v1/clusters`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers,
    });
    type Answer = { clusters?: string[]; routes?: string[]; code?: string };
    return { status: response.status, body: (await response.json()) as Answer };
  };
  return { ...rig, ask, of: (token: string) => ask({ credential: { kind: 'token', hash: hashToken(token) } }) };
}

describe("the list of a user's clusters", () => {
  it('names those on which any rule, of any namespace, might allow them something', async () => {
    const rig = await setUp();
    const [alice, bob, mallory] = [
      await rig.logIn(identityOf('alice@example.com', ['developers'])),
      await rig.logIn(identityOf('bob@example.com', ['sre'])),
      await rig.logIn(identityOf('mallory@example.com')),
    ];
    expect((await rig.of(alice)).body).toEqual({ clusters: ['dev', 'open', 'narrow'] });
    expect((await rig.of(bob)).body).toEqual({ clusters: ['open', 'spaces', 'barred'] });
    expect((await rig.of(mallory)).body).toEqual({ clusters: ['open', 'barred'] });
    await rig.close();
  });

  it('has the web applications that any rule might allow them, if it is asked for these too', async () => {
    const rig = await setUp({
      config: { ...config, gateway: { url: 'https://gate.example.com:8443', trustedProxies: ['10.0.0.0/8'] }, routes },
    });
    const of = async (token: string) =>
      (await rig.ask({ credential: { kind: 'token', hash: hashToken(token) }, routes: true })).body.routes;
    const alice = await rig.logIn(identityOf('alice@example.com', ['developers']));
    expect(await of(alice)).toEqual(['grafana.example.com']);
    expect(await of(await rig.logIn(identityOf('bob@example.com', ['sre'])))).toEqual([
      'wiki.example.com',
      'barred.example.com',
    ]);
    expect(await of(await rig.logIn(identityOf('mallory@example.com')))).toEqual(['barred.example.com']);
    const scope = { clusters: ['dev'], verbs: ['get'], shell: false, secrets: false };
    const agent = await rig.logIn(identityOf('dora@example.com', ['developers']), {
      kind: 'agent',
      agent: { name: 'helper', scope } as never,
    });
    expect(await of(agent)).toEqual([]);
    expect((await rig.of(alice)).body.routes).toBeUndefined();
    await rig.close();
  });

  it('is empty for a user name that may not be sent to any cluster', async () => {
    const rig = await setUp();
    expect((await rig.of(await rig.logIn(identityOf('system:admin', ['developers'])))).body).toEqual({ clusters: [] });
    await rig.close();
  });

  it('is refused for unknown and ended sessions, and for callers that are not services', async () => {
    const rig = await setUp();
    const token = await rig.logIn(identityOf('alice@example.com', ['developers']));
    await rig.store.revoke('id-alice@example.com', { by: 'test', reason: 'revoked' });
    for (const one of [token, 'spt_never'])
      expect(await rig.of(one)).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    for (const body of [
      '',
      '{',
      'null',
      {},
      { credential: { kind: 'none' } },
      { credential: { kind: 'token', hash: 'x' } },
    ])
      expect((await rig.ask(body)).status).toBe(400);
    expect((await rig.ask({}, {})).status).toBe(401);
    await rig.close();
  });

  it('fails while the session store is down', async () => {
    const rig = await setUp({
      sessions: {
        find: () => new Promise(() => {}),
        onChange: () => () => {},
        onStart: () => () => {},
        onGap: () => () => {},
      } as never,
      storeTimeoutMs: 20,
    });
    expect(await rig.of('spt_x')).toMatchObject({ status: 503, body: { code: 'sessions-unavailable' } });
    await rig.close();
  });
});
