import { afterEach, describe, expect, it } from '@jest/globals';
import type { Check } from '@sallyport/contracts';
import { checkOf, identityOf, sampleConfig, startRig } from '../testing/authorize-rig.ts';

const rigs: Awaited<ReturnType<typeof startRig>>[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

const from = 'https://app.example.com';
const anyone = { allow: { or: [{ accept: true }] } };

async function start(routes: object[], more: object = {}) {
  const config = {
    ...sampleConfig,
    gateway: { url: 'https://gate.example.com', trustedProxies: ['10.0.0.0/8'] },
    routes: routes.map((route) => ({ from, to: 'http://app', ...route })),
    ...more,
  };
  const rig = await startRig({ config });
  rigs.push(rig);
  const token = await rig.logIn(identityOf('alice', ['developers']));
  return async (request: Check['request'], host = 'app.example.com') => {
    const [answer] = await rig.ask(checkOf(token, { kind: 'route', host }, { request }));
    return answer!;
  };
}
const request = (path: string, method = 'GET') => ({ method, path, host: 'app.example.com', ip: '10.0.0.9' });

describe('a request to a web application', () => {
  it('is decided by the policies of its route, and says who asks', async () => {
    const ask = await start([
      {
        policy: [
          { allow: { and: [{ groups: 'developers' }] } },
          { deny: { and: [{ http_path: { starts_with: '/admin' } }] } },
        ],
      },
    ]);
    expect(await ask(request('/'))).toMatchObject({
      decision: { effect: 'allow', rule: 'route/app.example.com[0].allow.and' },
      identity: { user: 'alice', groups: ['developers'] },
      session: { id: expect.any(String) },
    });
    expect(await ask(request('/admin/users', 'POST'))).toMatchObject({
      decision: { effect: 'deny', rule: 'route/app.example.com[1].deny.and' },
      problem: {
        code: 'forbidden',
        detail: expect.stringContaining('alice to POST "/admin/users" of "app.example.com"'),
      },
    });
  });

  it('never has an impersonation', async () => {
    expect(await (await start([{ policy: anyone }]))(request('/'))).not.toHaveProperty('impersonation');
  });

  it('is denied without a policy, whatever the global one and those of clusters allow', async () => {
    const ask = await start([{}], { policy: anyone });
    expect(await ask(request('/'))).toMatchObject({ decision: { effect: 'deny', rule: 'default-deny' } });
  });

  it('gets the same refusal for a route that does not exist as for one without a rule', async () => {
    const ask = await start([{}]);
    const unknown = await ask(request('/'), 'other.example.com');
    const known = await ask(request('/'));
    expect(JSON.stringify(unknown).replaceAll('other.example.com', 'app.example.com')).toBe(JSON.stringify(known));
  });

  it('may use a named policy', async () => {
    const ask = await start([{ policies: ['everyone'] }], { policies: { everyone: anyone } });
    expect(await ask(request('/'))).toMatchObject({
      decision: { effect: 'allow', rule: 'policy/everyone[0].allow.or' },
    });
  });

  it('cannot have a criterion about requests to clusters', async () => {
    const policy = { allow: { and: [{ 'k8s/verb': 'get' }] } };
    await expect(start([{ policy }])).rejects.toThrow(/does not apply to a route/);
  });
});

describe('the session of a web application', () => {
  it('is good on the host of its route, and nowhere else', async () => {
    const rig = await startRig({
      config: {
        ...sampleConfig,
        gateway: { url: 'https://gate.example.com', trustedProxies: ['10.0.0.0/8'] },
        routes: ['app', 'other'].map((name) => ({
          from: `https://${name}.example.com`,
          to: 'http://app',
          policy: anyone,
        })),
      },
    });
    rigs.push(rig);
    const token = await rig.logIn(identityOf('alice', ['developers']), { kind: 'route', route: 'app.example.com' });
    const targets = [
      { kind: 'route', host: 'app.example.com' },
      { kind: 'route', host: 'other.example.com' },
      { kind: 'cluster', name: 'dev' },
      { kind: 'api', area: 'sessions' },
      { kind: 'self' },
    ] as const;
    const effects = await Promise.all(
      targets.map(async (target) => (await rig.ask(checkOf(token, target)))[0]!.decision.effect),
    );
    expect(effects).toEqual(['allow', 'authenticate', 'authenticate', 'authenticate', 'authenticate']);
  });
});
