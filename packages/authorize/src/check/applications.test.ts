import { afterEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import type { Check, CheckTarget, Session } from '@sallyport/contracts';
import { compileConfigPolicies } from '../policies/compile-policies.ts';
import { checkOf, identityOf, kubernetes, loadedConfig, sampleConfig, startRig } from '../testing/authorize-rig.ts';

const dev = { kind: 'cluster', name: 'dev' } as const;
const host = 'headlamp.example.com';
const application = `https://${host}`;
const headlamp = {
  from: application,
  to: 'http://headlamp',
  policy: [{ allow: { or: [{ groups: 'developers' }] } }] as unknown,
  identity: { kubernetes: { clusters: ['dev'] } } as object,
};
const configOf = (...routes: object[]) => ({
  ...sampleConfig,
  gateway: { url: 'https://gate.example.com', trustedProxies: ['10.0.0.0/8'] },
  routes,
});
const rigs: Awaited<ReturnType<typeof startRig>>[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

async function start(...routes: object[]) {
  const rig = await startRig({ config: configOf(...routes) });
  rigs.push(rig);
  const alice = identityOf('alice@example.com', ['developers']);
  const login = await rig.logIn(alice, { id: 'login' });
  const atRoute = (more: Partial<Session> = {}) =>
    rig.logIn(alice, {
      id: `route-${Math.random()}`,
      kind: 'route',
      route: host,
      clientAddress: '192.0.2.7',
      idleMs: 60_000,
      expiresAt: Date.now() + 60_000,
      parent: { id: 'login', hash: hashToken(login) },
      ...more,
    });
  const browser = await atRoute();
  const ask = async (token: string, by?: string, more: { target?: CheckTarget } & Partial<Check> = {}) => {
    const { target = dev, ...rest } = more;
    const check = checkOf(token, target, rest);
    const credential = { ...check.credential, ...(by === undefined ? {} : { application: by }) } as Check['credential'];
    return (await rig.ask({ ...check, credential }))[0]!;
  };
  const reload = (...next: object[]) =>
    rig.policies.swap(compileConfigPolicies(loadedConfig(configOf(...next))).snapshot);
  return { rig, login, browser, atRoute, ask, reload };
}
const unauthenticated = { decision: { effect: 'authenticate' }, problem: { code: 'unauthenticated' } };
const forbidden = (part: string) => ({
  decision: { effect: 'deny', rule: `application/${host}.${part}`, reasons: [] },
  problem: { code: 'forbidden', detail: expect.stringContaining(`${application} may not act for you`) },
  identity: { user: 'alice@example.com' },
});

describe('an application that acts for its user', () => {
  it('has the rights of the user on a cluster, which is told the application', async () => {
    const { login, browser, ask } = await start(headlamp);
    for (const token of [browser, login]) {
      const answer = await ask(token, application);
      expect(answer).toMatchObject({
        decision: { effect: 'allow', rule: 'cluster/dev[0].allow.or' },
        identity: { user: 'alice@example.com' },
        impersonation: { user: 'alice@example.com', groups: ['developers'] },
      });
      expect(answer.impersonation!.extra).toEqual({
        'sallyport.dev/session': [answer.session!.id],
        'sallyport.dev/application': [application],
      });
    }
    expect((await ask(login)).impersonation!.extra).not.toHaveProperty(['sallyport.dev/application']);
  });

  it('reaches nothing but clusters', async () => {
    const { login, browser, ask } = await start(headlamp);
    const others: CheckTarget[] = [{ kind: 'self' }, { kind: 'api', area: 'sessions' }, { kind: 'route', host }];
    for (const token of [browser, login])
      for (const target of others) expect(await ask(token, application, { target })).toMatchObject(unauthenticated);
  });

  it('is refused as soon as the login of its user has ended', async () => {
    const { rig, login, browser, ask } = await start(headlamp);
    await rig.store.revoke('login', { by: 'alice@example.com', reason: 'logout' });
    for (const token of [browser, login]) expect(await ask(token, application)).toMatchObject(unauthenticated);
  });

  it('is refused with the session of the host of another application', async () => {
    const { atRoute, ask } = await start(headlamp);
    for (const route of ['other.example.com', undefined])
      expect(await ask(await atRoute({ route }), application)).toMatchObject(unauthenticated);
  });

  it('does not act as another, even where its user may', async () => {
    const acting = { allow: { and: [{ groups: 'developers' }, { 'k8s/impersonate': 'user:bob@example.com' }] } };
    const rig = await startRig({
      config: {
        ...configOf(headlamp),
        clusters: [{ name: 'dev', server: 'https://10.0.0.1:6443', token: 't', policy: [acting] }],
      },
    });
    rigs.push(rig);
    const login = await rig.logIn(identityOf('alice@example.com', ['developers']));
    const check = checkOf(login, dev, { kubernetes: kubernetes({ impersonate: ['user:bob@example.com'] }) });
    const [own, through] = await rig.ask(check, {
      ...check,
      credential: { kind: 'token', hash: hashToken(login), application },
    });
    expect(own).toMatchObject({ decision: { effect: 'allow' }, actsAs: { user: 'bob@example.com' } });
    expect(through).toMatchObject(forbidden('impersonate'));
    expect(through).not.toHaveProperty('actsAs');
    expect(through).not.toHaveProperty('impersonation');
  });
});

describe('what an application may do for its user ends', () => {
  it.each<[string, object[], string]>([
    ['its route', [], 'route'],
    ['its route at this address', [{ ...headlamp, from: 'https://headlamp2.example.com' }], 'route'],
    ['identity.kubernetes of its route', [{ ...headlamp, identity: {} }], 'route'],
    ['the cluster in it', [{ ...headlamp, identity: { kubernetes: { clusters: ['open'] } } }], 'clusters'],
    ['the policy of its route', [{ ...headlamp, policy: undefined }], 'policy'],
    ['the right of the user to it', [{ ...headlamp, policy: [{ allow: { or: [{ groups: 'sre' }] } }] }], 'policy'],
    [
      'the right of the user to it, by a deny',
      [{ ...headlamp, policy: [headlamp.policy, { deny: { or: [{ user: 'alice@example.com' }] } }].flat() }],
      'policy',
    ],
  ])('with %s, and every gateway is told', async (_what, next, part) => {
    const { rig, login, browser, ask, reload } = await start(headlamp);
    expect(await ask(browser, application)).toMatchObject({ decision: { effect: 'allow' } });
    const before = rig.policies.current().version;
    reload(...next);
    expect(rig.policies.current().version).not.toBe(before);
    for (const token of [browser, login]) expect(await ask(token, application)).toMatchObject(forbidden(part));
    expect(await ask(login)).toMatchObject({ decision: { effect: 'allow' } });
  });

  it('with a group of the user that the route asks for', async () => {
    const { rig, browser, ask } = await start({ ...headlamp, policy: [{ allow: { or: [{ groups: 'tools' }] } }] });
    const groups = (...names: string[]) =>
      rig.store.update('login', (one) => ({ ...one, identity: { ...one.identity, groups: ['developers', ...names] } }));
    await groups('tools');
    expect(await ask(browser, application)).toMatchObject({ decision: { effect: 'allow' } });
    await groups();
    expect(await ask(browser, application)).toMatchObject(forbidden('policy'));
  });
});

describe('a route lets a person in', () => {
  const developers = { groups: 'developers' };
  const allow = (...and: object[]) => ({ allow: { and } });
  const deny = (...and: object[]) => ({ deny: { and } });
  it.each<[string, object[], boolean]>([
    ['who may open its front page', [allow(developers)], true],
    ['whom it keeps from a part of it', [allow(developers), deny({ http_path: { starts_with: '/admin' } })], true],
    ['who may only read', [allow(developers), deny({ http_method: { not_in: ['GET', 'HEAD'] } })], true],
    ['who may use a part of it', [allow(developers, { http_path: { starts_with: '/c/' } })], true],
    [
      'who may call one address of it',
      [allow(developers, { http_path: { in: ['/a', '/b'] } }, { http_method: 'POST' })],
      true,
    ],
    [
      'who may use a part of which another is denied',
      [allow(developers, { http_path: { in: ['/a', '/b'] } }), deny({ http_path: '/a' })],
      true,
    ],
    ['for whom every page is denied', [allow(developers), deny({ http_path: { starts_with: '/' } })], false],
    [
      'for whom the only part of it is denied',
      [allow(developers, { http_path: '/c' }), deny({ http_path: { starts_with: '/c' } })],
      false,
    ],
    ['who logged in to it from an address that it allows', [allow({ source_ip: '192.0.2.0/24' })], true],
    [
      'who logged in to it from an address that it denies',
      [allow(developers), deny({ source_ip: '192.0.2.7' })],
      false,
    ],
    ['from an address that only its application has', [allow({ source_ip: '10.0.0.9' })], false],
    [
      'whose certificate cannot be known',
      [allow(developers), { deny: { or: [{ invalid_client_certificate: true }] } }],
      false,
    ],
    ['at a time that has passed', [allow(developers, { date: { before: '2020-01-01' } })], false],
    ['with a login that is too weak', [allow(developers, { amr: { has: 'hwk' } })], false],
  ])('if and only if its policy does: %s', async (_who, policy, expected) => {
    const { browser, ask } = await start({ ...headlamp, policy });
    const certificate = { clientCertificate: { presented: true, valid: true } };
    const answer = await ask(browser, application, {
      request: { method: 'GET', path: '/api', host: 'gate', ip: '10.0.0.9', ...certificate },
    });
    expect(answer).toMatchObject(expected ? { decision: { effect: 'allow' } } : forbidden('policy'));
  });
});

describe("the session of an application's host", () => {
  it('is worth nothing on a cluster or at the API without the signature of the gateway', async () => {
    const { browser, ask } = await start(headlamp);
    expect(await ask(browser)).toMatchObject(unauthenticated);
    expect(await ask(browser, undefined, { target: { kind: 'api', area: 'sessions' } })).toMatchObject(unauthenticated);
  });
});
