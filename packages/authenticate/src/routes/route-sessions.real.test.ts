import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { createMemorySessionStore } from '@sallyport/stores';
import { throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const verifier = 'v'.repeat(43);
const path = (challenge = hashToken(verifier)) => `/.sallyport/route/YXBw/${challenge}/tab-1`;
const from = { 'sallyport-route': 'https://app.example.com' };
const host = 'app.example.com';
const go = (headers: Record<string, string> = from) => service.browser.get(path(), headers);
const redeem = (body: object) => service.browser.post('/v1/route-sessions', { cookie: 'none=1' }, body);

async function logIn() {
  const back = await throughProvider(service, `/.sallyport/login?return_to=${encodeURIComponent(path())}`);
  expect(back.headers['location']).toBe(path());
}

async function codeOf() {
  const answer = await go();
  const location = new URL(answer.headers['location']!);
  expect(`${location.origin}${location.pathname}`).toBe('https://app.example.com/.sallyport/callback');
  return location.searchParams.get('code')!;
}

describe('a browser that comes from a web application', () => {
  it('logs in first, and goes back with a code for one session that hangs on the login', async () => {
    expect((await go()).headers['location']).toBe(`/.sallyport/login?return_to=${encodeURIComponent(path())}`);
    await logIn();
    const code = await codeOf();
    const answer = await redeem({ host, code, verifier, clientAddress: '192.0.2.9' });
    expect(answer.body).toMatchObject({ token: expect.stringMatching(/^spt_/), tab: 'tab-1' });
    const { token, expiresAt } = answer.body as { token: string; expiresAt: number };
    const [login] = (await service.sessions.list()).filter(({ kind }) => kind === 'browser');
    expect(expiresAt).toBe(login!.expiresAt);
    const [found] = await service.sessions.find([hashToken(token)]);
    expect(found).toMatchObject({
      state: 'live',
      session: { kind: 'route', route: host, parent: { id: login!.id }, clientAddress: '192.0.2.9' },
    });
    expect((await redeem({ host, code, verifier })).status).toBe(400);
    await service.sessions.revoke(login!.id, { by: 'x', reason: 'revoked' });
    expect(await service.sessions.find([hashToken(token)])).not.toMatchObject([{ state: 'live' }]);
  });

  it.each([
    ['for another host', { host: 'other.example.com' }],
    ['with the secret of another browser', { verifier: 'w'.repeat(43) }],
    ['with an unknown code', { code: 'x'.repeat(43) }],
  ])('gets no session %s, and the code is used up', async (_what, wrong) => {
    await logIn();
    const code = await codeOf();
    expect((await redeem({ host, code, verifier, ...wrong })).status).toBe(400);
    if (!('code' in wrong)) expect((await redeem({ host, code, verifier })).status).toBe(400);
    expect((await service.sessions.list()).filter(({ kind }) => kind === 'route')).toEqual([]);
  });

  it('gets no session from a code that is older than a minute, or whose login has ended', async () => {
    await logIn();
    const old = await codeOf();
    service.clock.now += 60_001;
    expect((await redeem({ host, code: old, verifier })).status).toBe(400);
    const code = await codeOf();
    const [login] = await service.sessions.list();
    await service.sessions.revoke(login!.id, { by: 'x', reason: 'revoked' });
    expect((await redeem({ host, code, verifier })).status).toBe(400);
  });

  it('gets at most 200 codes in ten minutes for one login', async () => {
    await logIn();
    for (let made = 0; made < 200; made += 1) await codeOf();
    expect((await go()).status).toBe(429);
    expect((await go({ 'sallyport-route': 'https://other.example.com' })).status).toBe(429);
    service.clock.now += 10 * 60_000;
    await codeOf();
  });

  it('leaves an event that a session has not begun, if its login ends meanwhile', async () => {
    const clock = { now: Date.now() };
    const inner = createMemorySessionStore({ now: () => clock.now });
    service = await createTestService(undefined, {
      clock,
      sessions: {
        ...inner,
        async create(hash, session) {
          if (session.parent) await inner.revoke(session.parent.id, { by: 'x', reason: 'revoked' });
          return inner.create(hash, session);
        },
      },
    });
    await logIn();
    expect((await redeem({ host, code: await codeOf(), verifier })).status).toBe(400);
    expect(service.audit.records.slice(-2).map(({ type, data }) => [type, data.responseStatus?.code])).toEqual([
      ['route.session.started', 200],
      ['session.ended', 400],
    ]);
  });

  it('needs a route that the gateway names, and not the browser', async () => {
    await logIn();
    expect((await go({})).status).toBe(404);
  });

  it('is logged out of everything by the logout of the application', async () => {
    await logIn();
    const { token } = (await redeem({ host, code: await codeOf(), verifier })).body as { token: string };
    const end = await service.browser.post('/v1/route-sessions/end', {}, { hash: hashToken(token) });
    expect(end.status).toBe(204);
    expect(await service.sessions.list()).toEqual([]);
  });
});
