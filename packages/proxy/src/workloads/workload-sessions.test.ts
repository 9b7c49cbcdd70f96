import { beforeEach, describe, expect, it } from '@jest/globals';
import { configSchema, type Check, type CheckAnswer } from '@sallyport/contracts';
import { createLogger, createMetrics, hashToken, ProblemError } from '@sallyport/kit';
import type { AskRecorded } from '../upstream/ask-cluster.ts';
import type { Upstream } from '../upstream/upstream.ts';
import { checkWithWorkload } from './check-with-workload.ts';
import { createClusterIssuers } from './cluster-issuers.ts';
import { createWorkloadSessions, type PresentedToken } from './workload-sessions.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const tokenOf = (claims: object, kid = 'k') => `${encode({ alg: 'RS256', kid })}.${encode(claims)}.c2ln`;
const gateway = 'https://gate.example.com:8443';
const actions = 'https://token.actions.example.com';
const ofCluster = 'https://kubernetes.default.svc';
const ci = { name: 'ci', issuer: actions, audience: 'sallyport', match: { sub: 'x' }, user: 'ci:x' };
const mesh = {
  ...ci,
  name: 'mesh',
  issuer: undefined,
  spiffe: { trustDomain: 'prod.example.org' },
  jwksUri: `${actions}/keys`,
};
const pods = { ...ci, name: 'pods', issuer: undefined, serviceAccounts: { cluster: 'dev' } };

let now = 0;
let calls: { token: string; clusters: object[] }[] = [];
let asked: string[] = [];
let answer: () => Promise<unknown>;
let clusterDown = false;
let metrics = createMetrics();

const ask: AskRecorded = async (_upstream, { path }) => {
  asked.push(path);
  if (clusterDown) throw new Error('down');
  const body = path === '/openid/v1/jwks' ? { keys: [{ kid: 'k', kty: 'RSA' }] } : { issuer: ofCluster, jwks_uri: 'x' };
  return { status: 200, header: () => undefined, body: JSON.stringify(body) };
};

function create(...workloads: object[]) {
  const config = configSchema.parse({ gateway: { url: 'http://127.0.0.1:8080' }, workloads });
  return createWorkloadSessions({
    workloads: config.workloads,
    gatewayOrigin: gateway,
    issuers: createClusterIssuers({
      clusters: ['dev'],
      upstreamOf: (name) => (name === 'dev' ? dev : undefined),
      ask,
      now: () => now,
    }),
    authenticate: {
      request: async ({ body }) => {
        calls.push(body as (typeof calls)[number]);
        return { status: 200, headers: {}, body: await answer() };
      },
    },
    clock: () => now,
    logger: createLogger({ service: 'proxy', level: 'silent' }),
    metrics,
  });
}
const dev = { name: 'dev' } as Upstream;
const presented = (token: string, clientAddress = '192.0.2.1'): PresentedToken => ({
  token,
  hash: hashToken(token),
  clientAddress,
  request: { headers: { 'user-agent': 'kubectl' } } as PresentedToken['request'],
});
const count = async (outcome: string) =>
  Number(
    new RegExp(`sallyport_workload_presented_total\\{outcome="${outcome}"\\} (\\d+)`).exec(
      await metrics.metrics(),
    )?.[1] ?? 0,
  );

beforeEach(() => {
  [now, calls, asked, clusterDown, metrics] = [1_000_000, [], [], false, createMetrics()];
  answer = async () => ({});
});

describe('a token', () => {
  it.each<[string, string, boolean]>([
    ['of the issuer', tokenOf({ iss: actions }), true],
    ['of the trust domain', tokenOf({ sub: 'spiffe://prod.example.org/a' }), true],
    ['of another trust domain', tokenOf({ sub: 'spiffe://prod.example.org.evil/a' }), false],
    ['of the issuer with a slash', tokenOf({ iss: `${actions}/` }), false],
    ['of another issuer', tokenOf({ iss: 'https://other.example' }), false],
    ['of this gateway', tokenOf({ iss: gateway }), false],
    ['of no issuer', tokenOf({}), false],
    ['that is opaque', `spt_${'a'.repeat(43)}`, false],
    ['that is too long', tokenOf({ iss: actions, more: 'a'.repeat(9000) }), false],
    ['of four parts', `${tokenOf({ iss: actions })}.a`, false],
    ['whose claims are no object', `e30.${encode([])}.a`, false],
    ['that is no JSON', 'e30.e30x.a', false],
  ])('%s may be that of a workload, or not', (_what, token, expected) => {
    expect(create(ci, mesh).mayBe(token)).toBe(expected);
    expect([calls, asked]).toEqual([[], []]);
  });
});

describe('the session of a workload', () => {
  it('is begun once for calls at the same time', async () => {
    const sessions = create(ci);
    await Promise.all(Array.from({ length: 30 }, () => sessions.begin(presented(tokenOf({ iss: actions })))));
    expect(calls).toEqual([{ token: tokenOf({ iss: actions }), clusters: [] }]);
    expect(await count('asked')).toBe(1);
  });

  it('is not begun for a remembered refusal, which is forgotten after ten seconds', async () => {
    const sessions = create(ci);
    answer = () => Promise.reject(new ProblemError('unauthenticated', 'The gateway does not accept this token.'));
    const begin = () => sessions.begin(presented(tokenOf({ iss: actions })));
    for (let n = 0; n < 50; n += 1) await expect(begin()).rejects.toMatchObject({ code: 'unauthenticated' });
    expect([calls.length, await count('remembered')]).toEqual([1, 49]);
    now += 10_001;
    answer = async () => ({});
    await begin();
    expect(calls).toHaveLength(2);
  });

  it('is tried again soon if authenticate does not answer', async () => {
    const sessions = create(ci);
    answer = () => Promise.reject(new ProblemError('service-unavailable', 'down'));
    const begin = () => sessions.begin(presented(tokenOf({ iss: actions })));
    await expect(begin()).rejects.toMatchObject({ code: 'service-unavailable' });
    now += 1001;
    answer = async () => ({});
    await begin();
    expect(calls).toHaveLength(2);
  });

  it('is limited per address, so that a flood of invented tokens does not hold up other clients', async () => {
    const sessions = create(ci);
    let release = () => {};
    answer = () =>
      new Promise((resolve) => {
        const before = release;
        release = () => (before(), resolve({}));
      });
    const flood = Array.from({ length: 100 }, (_none, n) => sessions.begin(presented(tokenOf({ iss: actions, n }))));
    const other = sessions.begin(presented(tokenOf({ iss: actions, n: 'other' }), '198.51.100.1'));
    const settled = Promise.allSettled(flood);
    await new Promise((resolve) => setImmediate(resolve));
    release();
    await other;
    const refused = (await settled).filter(({ status }) => status === 'rejected');
    expect([refused.length, await count('limited')]).toEqual([84, 84]);
    expect(calls).toHaveLength(17);
  });
});

describe('the ServiceAccounts of a cluster', () => {
  it('are verified with the keys that the cluster gives the gateway', async () => {
    const token = tokenOf({ iss: ofCluster });
    await create(pods).begin(presented(token));
    expect(calls).toEqual([
      { token, clusters: [{ cluster: 'dev', issuer: ofCluster, keys: [{ kid: 'k', kty: 'RSA' }] }] },
    ]);
    expect(asked.toSorted()).toEqual(['/.well-known/openid-configuration', '/openid/v1/jwks']);
  });

  it('cause no more requests to the cluster for invented issuers, and few for invented keys', async () => {
    const sessions = create(pods);
    for (let n = 0; n < 50; n += 1) {
      now += 100;
      await expect(sessions.begin(presented(tokenOf({ iss: `https://${n}.example` })))).rejects.toMatchObject({
        code: 'unauthenticated',
      });
      await sessions.begin(presented(tokenOf({ iss: ofCluster }, `invented-${n}`)));
    }
    expect(asked.length).toBeLessThanOrEqual(4);
    expect(await count('unknown')).toBe(50);
  });

  it('are not called unknown while the cluster cannot be asked', async () => {
    clusterDown = true;
    await expect(create(pods).begin(presented(tokenOf({ iss: ofCluster })))).rejects.toMatchObject({
      code: 'upstream-unreachable',
    });
    metrics = createMetrics();
    await create(pods, ci)
      .begin(presented(tokenOf({ iss: actions })))
      .catch(() => {});
    expect(JSON.stringify(calls)).not.toContain('keys');
  });
});

describe('a check', () => {
  const check = {} as Check;
  const deny = (credential?: 'unknown'): CheckAnswer => ({
    decision: { effect: 'authenticate', rule: 'r', reasons: [], policyVersion: 'v' },
    ...(credential ? { credential } : {}),
  });
  const run = async (answers: CheckAnswer[], token: PresentedToken | undefined) => {
    let begun = 0;
    const left = [...answers];
    const workloads = { begin: async () => void (begun += 1) };
    const given = await checkWithWorkload({ client: { check: async () => left.shift()! }, workloads }, check, token);
    return { given, begun, left };
  };
  const token = presented(tokenOf({ iss: actions }));

  it('begins a session only if the credential is unknown, and asks once more at most', async () => {
    expect(await run([deny('unknown'), deny('unknown')], token)).toMatchObject({ begun: 1, left: [] });
    expect(await run([deny()], token)).toMatchObject({ begun: 0 });
    expect(await run([deny('unknown')], undefined)).toMatchObject({ begun: 0 });
  });
});
