import { describe, expect, it } from '@jest/globals';
import { explanationSchema, type Check, type ExplainRequest, type Explanation } from '@sallyport/contracts';
import { hashToken } from '@sallyport/kit';
import { until } from '@sallyport/kit/testing';
import { createMemorySessionStore, type SessionStore } from '@sallyport/stores';
import { checkOf, identityOf, kubernetes, sampleConfig, sessionOf, startRig } from '../testing/authorize-rig.ts';

const [dev] = sampleConfig.clusters;
const policy = [
  { allow: { and: [{ groups: 'developers' }, { 'k8s/namespace': 'dev' }] } },
  { allow: { or: [{ groups: 'sre' }, { email: 'bob@example.com' }] } },
  { deny: { and: [{ groups: { exclude: 'sre' } }, { 'k8s/namespace': 'vault' }] } },
  { deny: { and: [{ 'claim/contract': 'ended' }, { 'k8s/verb': 'create' }] } },
];
const config = {
  ...sampleConfig,
  policies: { quiet: { deny: { and: [{ 'k8s/verb': 'patch' }] } } },
  clusters: [
    { ...dev, policy },
    { ...dev, name: 'told', policy, explain: true, shadow: [] },
    { ...dev, name: 'system', impersonate: { groups: ['dev*'] }, policy: { allow: { or: [{ accept: true }] } } },
    {
      ...dev,
      name: 'many',
      policy: [{ allow: { or: [{ groups: 'developers' }] } }],
      namespaces: [
        { match: ['merger'], policy: { deny: { and: [{ 'k8s/verb': 'delete' }] } } },
        { match: ['vault-*'], policies: ['quiet'], policy: { deny: { and: [{ 'k8s/resource': 'secrets' }] } } },
      ],
    },
    {
      ...dev,
      name: 'office',
      policy: { allow: { nor: [{ source_ip: '10.9.9.9' }, { invalid_client_certificate: true }] } },
    },
  ],
  api: { policy: { policy: [{ allow: { or: [{ groups: 'auditors' }] } }] } },
};
/** One rule for alice among very many for others. */
const largeConfig = {
  ...config,
  clusters: [
    {
      ...dev,
      explain: true,
      policy: [
        ...Array.from({ length: 20_000 }, (_, index) => ({
          allow: { and: [{ groups: `g${index}` }, { 'k8s/namespace': `n${index}` }] },
        })),
        { allow: { and: [{ groups: 'developers' }, { 'k8s/namespace': 'dev' }] } },
      ],
    },
  ],
};
const exec = (namespace: string) => kubernetes({ verb: 'create', subresource: 'exec', name: 'web', namespace });

async function setUp() {
  const rig = await startRig({ config });
  const post = (body: unknown, headers: Record<string, string> = { authorization: rig.authorization }) =>
    fetch(`${rig.url}/v1/explain`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers,
    });
  const about = (token: string | undefined, cluster: string, namespace: string, more: Partial<ExplainRequest> = {}) =>
    post({ check: checkOf(token, { kind: 'cluster', name: cluster }, { kubernetes: exec(namespace) }), ...more });
  return {
    ...rig,
    post,
    about,
    explain: async (...args: Parameters<typeof about>): Promise<Explanation> => {
      const response = await about(...args);
      if (response.status !== 200) throw new Error(`status ${response.status}: ${await response.text()}`);
      return explanationSchema.parse(await response.json());
    },
    problem: async (response: Promise<Response>) => {
      const { status, body } = await response.then(async (answer) => ({
        status: answer.status,
        body: (await answer.json()) as { code: string; detail: string },
      }));
      return { status, code: body.code, detail: body.detail };
    },
  };
}
type Rig = Awaited<ReturnType<typeof setUp>>;
async function using(work: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = await setUp();
  try {
    await work(rig);
  } finally {
    await rig.close();
  }
}
const names = ({ rules }: Explanation) => rules.map(({ rule }) => rule);

describe('an explanation', () => {
  it('has the decision of a check, and the rules about the caller that led to it, without their values', () =>
    using(async (rig) => {
      const alice = await rig.logIn(identityOf('alice', ['developers', 'other']));
      const explained = await rig.explain(alice, 'dev', 'prod');
      const [answer] = await rig.ask(checkOf(alice, { kind: 'cluster', name: 'dev' }, { kubernetes: exec('prod') }));
      expect(explained.decision).toEqual(answer!.decision);
      expect(explained.detail).toBe(answer!.problem!.detail);
      expect(explained).toMatchObject({
        cluster: 'dev',
        shows: 'yours',
        leftOut: 0,
        person: { user: 'alice', groups: ['developers', 'other'], other: false },
        asked: { verb: 'create', resource: 'pods', subresource: 'exec', namespace: 'prod', name: 'web' },
      });
      expect(explained.rules).toEqual([
        {
          rule: 'cluster/dev[0].allow.and',
          action: 'allow',
          operator: 'and',
          holds: false,
          criteria: [
            { name: 'groups', holds: true, reason: 'groups-ok', value: ['developers', 'other'] },
            { name: 'k8s/namespace', holds: false, reason: 'k8s-namespace-unauthorized', value: 'prod' },
          ],
        },
        {
          rule: 'cluster/dev[2].deny.and',
          action: 'deny',
          operator: 'and',
          holds: false,
          criteria: [
            { name: 'groups', holds: true, reason: 'groups-ok', value: ['developers', 'other'] },
            { name: 'k8s/namespace', holds: false, reason: 'k8s-namespace-unauthorized', value: 'prod' },
          ],
        },
      ]);
      expect(JSON.stringify(explained)).not.toMatch(/sre|bob|vault|contract|"dev"[^,]*data/);
    }));

  it('of a request that reaches all namespaces does not reveal which of them have policies, except the one that refuses it', () =>
    using(async (rig) => {
      const alice = await rig.logIn(identityOf('alice', ['developers']));
      const all = async (resource: string) =>
        explanationSchema.parse(
          await (
            await rig.post({
              check: checkOf(
                alice,
                { kind: 'cluster', name: 'many' },
                { kubernetes: kubernetes({ verb: 'list', requestVerb: 'list', resource, namespace: '' }) },
              ),
            })
          ).json(),
        );
      expect(names(await all('pods'))).toEqual(['cluster/many[0].allow.or']);
      const refused = await all('secrets');
      expect(names(refused)).toEqual(['cluster/many[0].allow.or', 'namespace/many/vault-*[0].deny.and']);
      expect(refused.detail).toContain('this lists all namespaces; ask for one: -n NAMESPACE');
      expect(JSON.stringify([await all('pods'), refused])).not.toMatch(/merger|quiet/);
      expect(names(await rig.explain(alice, 'many', 'merger'))).toEqual([
        'cluster/many[0].allow.or',
        'namespace/many/merger[0].deny.and',
      ]);
    }));

  it('has the identity with which an allowed request reaches the cluster, and the dropped groups', () =>
    using(async (rig) => {
      const explained = await rig.explain(await rig.logIn(identityOf('alice', ['developers', 'other'])), 'dev', 'dev');
      expect(explained).toMatchObject({
        decision: { effect: 'allow', rule: 'cluster/dev[0].allow.and' },
        upstream: { user: 'alice', groups: ['developers'], droppedGroups: ['other'] },
      });
      expect(explained).not.toHaveProperty('detail');
    }));

  it('shows every rule with its values if the configuration permits it', () =>
    using(async (rig) => {
      const explained = await rig.explain(await rig.logIn(identityOf('mallory')), 'told', 'dev');
      expect(explained).toMatchObject({ shows: 'all', decision: { effect: 'deny', rule: 'default-deny' } });
      expect(names(explained)).toEqual([
        'cluster/told[0].allow.and',
        'cluster/told[1].allow.or',
        'cluster/told[2].deny.and',
        'cluster/told[3].deny.and',
      ]);
      expect(explained.rules[1]!.criteria).toEqual([
        { name: 'groups', holds: false, reason: 'groups-unauthorized', value: [], data: 'sre' },
        { name: 'email', holds: false, reason: 'email-unauthorized', value: 'mallory', data: 'bob@example.com' },
      ]);
    }));

  it('reports a user name that may not be sent to the cluster', () =>
    using(async (rig) => {
      const explained = await rig.explain(await rig.logIn(identityOf('system:admin')), 'system', 'dev');
      expect(explained).toMatchObject({
        decision: { effect: 'deny', rule: 'cluster/system.impersonate' },
        detail: expect.stringContaining('cannot be used on cluster'),
      });
      expect(explained).not.toHaveProperty('upstream');
    }));

  it('does not count as a check, not for shadow policies either', () =>
    using(async (rig) => {
      const alice = await rig.logIn(identityOf('alice', ['developers']));
      await rig.explain(alice, 'told', 'dev');
      expect(await rig.metrics.metrics()).not.toContain('sallyport_shadow_policy_checks_total{');
      await rig.ask(checkOf(alice, { kind: 'cluster', name: 'told' }, { kubernetes: exec('dev') }));
      expect(await rig.metrics.metrics()).toContain('sallyport_shadow_policy_checks_total{cluster="told"} 1');
    }));
});

describe('the audience of an explanation', () => {
  it('excludes callers who are not logged in, for every request', () =>
    using(async (rig) => {
      const asked = ['dev', 'told', 'none'].map((cluster) => rig.problem(rig.about(undefined, cluster, 'dev')));
      const wrong = ['dev', 'told', 'none'].map((cluster) =>
        rig.problem(rig.about('spt_wrong', cluster, 'dev', { about: { user: 'alice' } })),
      );
      const [first, ...others] = await Promise.all(asked);
      expect(first).toMatchObject({ status: 401, code: 'unauthenticated' });
      for (const other of others) expect(other).toEqual(first);
      const [one, ...rest] = await Promise.all(wrong);
      expect(one).toMatchObject({ status: 401 });
      for (const other of rest) expect(other).toEqual(one);
    }));

  it('cannot tell a cluster of which no rule concerns them from one that does not exist', () =>
    using(async (rig) => {
      const mallory = await rig.logIn(identityOf('mallory'));
      for (const [cluster, namespace] of [
        ['none', 'dev'],
        ['dev', 'dev'],
        ['dev', 'vault'],
      ] as const)
        expect(await rig.problem(rig.about(mallory, cluster, namespace))).toMatchObject({
          status: 404,
          code: 'not-found',
          detail: `There is no cluster "${cluster}" that you may use. Run "sallyport clusters" to list yours, or ask your operator for access.`,
        });
    }));

  it('may ask about other users only with a right from api.policy', () =>
    using(async (rig) => {
      const [alice, carol] = [
        await rig.logIn(identityOf('alice', ['developers'])),
        await rig.logIn(identityOf('carol', ['auditors'])),
      ];
      for (const cluster of ['dev', 'told', 'none'])
        expect(await rig.problem(rig.about(alice, cluster, 'dev', { about: { user: 'carol' } }))).toMatchObject({
          status: 403,
          code: 'forbidden',
        });
      const assumed = await rig.explain(carol, 'dev', 'prod', {
        about: { user: 'zoe@example.com', groups: ['developers'], claims: { contract: 'ended' } },
      });
      expect(assumed).toMatchObject({
        shows: 'all',
        person: { user: 'zoe@example.com', email: 'zoe@example.com', other: true },
        decision: { rule: 'cluster/dev[3].deny.and' },
      });
      expect(names(assumed)).toHaveLength(4);
      expect(await rig.explain(carol, 'dev', 'dev', { about: { user: 'alice' } })).toMatchObject({
        person: { user: 'alice', groups: ['developers'], other: true },
        decision: { effect: 'allow' },
      });
      expect(await rig.problem(rig.about(carol, 'dev', 'dev', { about: { user: 'nobody' } }))).toMatchObject({
        status: 404,
        detail: expect.stringContaining('"nobody"'),
      });
      expect(await rig.explain(carol, 'dev', 'dev')).toMatchObject({
        shows: 'all',
        person: { user: 'carol', other: false },
        decision: { effect: 'deny' },
      });
    }));

  it("uses the address and certificate of the other user, not the caller's", () =>
    using(async (rig) => {
      const carol = await rig.logIn(identityOf('carol', ['auditors']));
      const request: Check['request'] = {
        method: 'POST',
        path: '/',
        host: 'gate',
        ip: '10.9.9.9',
        clientCertificate: { presented: true, leaf: 'pem', valid: true },
      };
      const asked = async (about?: ExplainRequest['about']) => {
        const answer = await rig.post({
          check: checkOf(carol, { kind: 'cluster', name: 'office' }, { kubernetes: exec('dev'), request }),
          ...(about ? { about } : {}),
        });
        return explanationSchema.parse(await answer.json()).rules[0]!.criteria.map(({ name, value }) => [name, value]);
      };
      expect(await asked()).toEqual([
        ['source_ip', '10.9.9.9'],
        ['invalid_client_certificate', { presented: true, valid: true }],
      ]);
      expect(await asked({ user: 'zoe', groups: [] })).toEqual([
        ['source_ip', ''],
        ['invalid_client_certificate', undefined],
      ]);
      expect(await asked({ user: 'zoe', groups: [], ip: '10.1.1.1' })).toEqual([
        ['source_ip', '10.1.1.1'],
        ['invalid_client_certificate', undefined],
      ]);
    }));
});

describe('POST /v1/explain', () => {
  it('is for services only, and logs a line', () =>
    using(async (rig) => {
      const alice = await rig.logIn(identityOf('alice', ['developers']));
      expect((await rig.post({ check: checkOf(alice, { kind: 'cluster', name: 'dev' }) }, {})).status).toBe(401);
      expect(
        (
          await rig.post(
            { check: checkOf(alice, { kind: 'cluster', name: 'dev' }) },
            { authorization: await rig.credential('audit') },
          )
        ).status,
      ).toBe(403);
      await rig.explain(alice, 'dev', 'dev');
      expect(rig.lines).toContainEqual(
        expect.objectContaining({
          msg: 'a decision was explained',
          cluster: 'dev',
          user: 'alice',
          effect: 'allow',
          rule: 'cluster/dev[0].allow.and',
          shows: 'yours',
        }),
      );
      expect(JSON.stringify(rig.lines)).not.toContain(alice);
    }));

  it.each(['', '{', '[]', '{"check":{}}', JSON.stringify({ check: checkOf(undefined, { kind: 'self' }), more: 1 })])(
    'refuses invalid bodies (%s)',
    (body) =>
      using(async (rig) => {
        expect(await rig.problem(rig.post(body))).toMatchObject({ status: 400, code: 'bad-request' });
      }),
  );

  it('explains only requests to clusters', () =>
    using(async (rig) => {
      const alice = await rig.logIn(identityOf('alice', ['developers']));
      for (const target of [{ kind: 'self' }, { kind: 'api', area: 'policy' }] as const)
        expect((await rig.post({ check: checkOf(alice, target) })).status).toBe(400);
    }));

  it('answers checks while it explains a large policy, and shows a limited number of rules', async () => {
    const rig = await startRig({ config: largeConfig });
    const alice = await rig.logIn(identityOf('alice', ['developers']));
    const check = checkOf(alice, { kind: 'cluster', name: 'dev' }, { kubernetes: exec('dev') });
    const order: string[] = [];
    const explaining = fetch(`${rig.url}/v1/explain`, {
      method: 'POST',
      body: JSON.stringify({ check }),
      headers: { authorization: rig.authorization },
    }).finally(() => order.push('explained'));
    while (!order.includes('explained')) {
      await rig.ask({ ...check, target: { kind: 'self' } });
      order.push('checked');
    }
    expect(order.indexOf('explained')).toBeGreaterThan(0);
    const explained = explanationSchema.parse(await (await explaining).json());
    expect([explained.rules.length, explained.leftOut]).toEqual([200, 19_801]);
    expect(names(explained).at(-1)).toBe('cluster/dev[20000].allow.and');
    await rig.close();
  });

  it('limits concurrent questions', async () => {
    const store = createMemorySessionStore({ now: Date.now });
    await store.create(hashToken('spt_alice'), sessionOf(identityOf('alice', ['developers'])));
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const find: SessionStore['find'] = (hashes) => held.then(() => store.find(hashes));
    const rig = await startRig({ config, sessions: { ...store, find }, storeTimeoutMs: 60_000 });
    const check = checkOf('spt_alice', { kind: 'cluster', name: 'dev' }, { kubernetes: exec('dev') });
    const statuses: number[] = [];
    const ask = async () => {
      const { status } = await fetch(`${rig.url}/v1/explain`, {
        method: 'POST',
        body: JSON.stringify({ check }),
        headers: { authorization: rig.authorization },
      });
      statuses.push(status);
    };
    const asked = Promise.all(Array.from({ length: 12 }, ask));
    await until(() => statuses.length === 8);
    release();
    await asked;
    await ask();
    expect(statuses).toEqual([...Array(8).fill(429), ...Array(5).fill(200)]);
    await rig.close();
  });
});
