import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { createMemorySessionStore } from '@sallyport/stores';
import { gateway } from '../testing/test-config.ts';
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
/** What the browser of the tests shows. */
const shown = { clientAddress: '192.0.2.7', userAgent: 'test' };
const redeem = (body: object) =>
  service.browser.post('/v1/route-sessions', { cookie: 'none=1' }, { ...shown, ...body });

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
  it('logs in first, and goes back with a code for one child session of the login', async () => {
    expect((await go()).headers['location']).toBe(`/.sallyport/login?return_to=${encodeURIComponent(path())}`);
    await logIn();
    const code = await codeOf();
    const answer = await redeem({ host, code, verifier });
    expect(answer.body).toMatchObject({ token: expect.stringMatching(/^spt_/), tab: 'tab-1' });
    const { token, expiresAt } = answer.body as { token: string; expiresAt: number };
    const [login] = (await service.sessions.list()).filter(({ kind }) => kind === 'browser');
    expect(expiresAt).toBe(login!.expiresAt);
    const [found] = await service.sessions.find([hashToken(token)]);
    expect(found).toMatchObject({
      state: 'live',
      session: { kind: 'route', route: host, parent: { id: login!.id }, ...shown },
    });
    expect((await redeem({ host, code, verifier })).status).toBe(400);
    await service.sessions.revoke(login!.id, { by: 'x', reason: 'revoked' });
    expect(await service.sessions.find([hashToken(token)])).not.toMatchObject([{ state: 'live' }]);
  });

  it('is asked first where another site sent it without a login, with the name of the application and no other', async () => {
    const evil = `/.sallyport/route/"><script>/${hashToken(verifier)}/tab-1`;
    for (const site of ['cross-site', 'same-site']) {
      const asked = await go({ ...from, 'sec-fetch-site': site });
      expect([asked.status, asked.headers['location'], asked.headers['set-cookie']]).toEqual([
        200,
        undefined,
        undefined,
      ]);
      expect(asked.text).toContain('To open <strong>app.example.com</strong>');
      const onward = /<a class="act" href="([^"]+)"/.exec(asked.text)![1]!;
      expect(onward).toBe(`/.sallyport/login?return_to=${encodeURIComponent(path())}`);
      const sent = await service.browser.get(onward, { 'sec-fetch-site': 'same-origin' });
      expect(new URL(sent.headers['location']!).origin).toBe('https://idp.example.com');
      const hostile = await service.browser.get(evil, { ...from, 'sec-fetch-site': site });
      expect(hostile.text).toContain('To open <strong>app.example.com</strong>');
      expect(hostile.text).not.toContain('<script>');
    }
    expect(await service.sessions.list()).toEqual([]);
    await logIn();
    const known = await go({ ...from, 'sec-fetch-site': 'cross-site' });
    expect([known.status, new URL(known.headers['location']!).host]).toEqual([302, host]);
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

  it('may bring a code of an older version, but never the hash of a newer one', async () => {
    await logIn();
    const code = await codeOf();
    expect((await redeem({ host, code: hashToken(code), verifier })).status).toBe(400);
    const [login] = await service.sessions.list();
    const [token] = service.browser.jar.values();
    const parent = { id: login!.id, hash: hashToken(token!) };
    const grant = { host, challenge: hashToken(verifier), tab: 'tab-1', parent };
    await service.singleUse.put('route-code', 'older', grant, 60_000);
    expect((await redeem({ host, code: 'older', verifier })).body).toHaveProperty('token');
  });

  it('gets a code however many were never redeemed, of which only the last 200 are kept', async () => {
    await logIn();
    const first = await codeOf();
    const kept = await codeOf();
    for (let made = 0; made < 199; made += 1) await codeOf();
    expect((await redeem({ host, code: first, verifier })).status).toBe(400);
    expect((await redeem({ host, code: kept, verifier })).status).toBe(200);
    for (let made = 0; made < 300; made += 1) await codeOf();
    expect((await redeem({ host, code: await codeOf(), verifier })).status).toBe(200);
  });

  it('gets at most 200 sessions of one application in ten minutes for one login', async () => {
    await logIn();
    for (let made = 0; made < 200; made += 1)
      expect((await redeem({ host, code: await codeOf(), verifier })).status).toBe(200);
    expect((await redeem({ host, code: await codeOf(), verifier })).status).toBe(429);
    const other = await go({ 'sallyport-route': 'https://other.example.com' });
    const code = new URL(other.headers['location']!).searchParams.get('code')!;
    expect((await redeem({ host: 'other.example.com', code, verifier })).status).toBe(200);
    service.clock.now += 10 * 60_000;
    expect((await redeem({ host, code: await codeOf(), verifier })).status).toBe(200);
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

describe('a code that a browser redeems that shows something else than the one at the login', () => {
  const elsewhere = { clientAddress: '198.51.100.9', userAgent: 'curl/8' };
  const asked = async (facts: object = elsewhere) => {
    await logIn();
    const answer = await redeem({ host, code: await codeOf(), verifier, ...facts });
    const { confirmAt } = answer.body as { confirmAt?: string };
    return { answer, path: confirmAt === undefined ? undefined : new URL(confirmAt).pathname };
  };
  const routeSessions = async () => (await service.sessions.list()).filter(({ kind }) => kind === 'route');

  it.each([
    ['another address', { clientAddress: '192.0.2.8' }],
    ['another program', { userAgent: 'test/2' }],
    ['no program', { userAgent: undefined }],
    ['no address', { clientAddress: undefined }],
  ])('gives no session for %s, and is used up', async (_what, facts) => {
    const { answer, path: at } = await asked(facts);
    expect([answer.status, Object.keys(answer.body as object)]).toEqual([200, ['confirmAt']]);
    expect(at).toMatch(/^\/\.sallyport\/route-confirmation\/[\w-]{43}$/);
    expect(await routeSessions()).toEqual([]);
  });

  it.each([
    ['by IPv6 where the login was by IPv4', '192.0.2.7', '2001:db8::1'],
    ['from another address of its IPv6 network', '2001:db8:0:1::1', '2001:db8:0:1:aaaa::2'],
  ])('passes %s', async (_what, at, clientAddress) => {
    await logIn();
    const answer = await go({ ...from, 'sallyport-client-address': at });
    const code = new URL(answer.headers['location']!).searchParams.get('code')!;
    expect((await redeem({ host, code, verifier, clientAddress })).body).toHaveProperty('token');
  });

  it('does not pass from another IPv6 network', async () => {
    await logIn();
    const answer = await go({ ...from, 'sallyport-client-address': '2001:db8:0:1::1' });
    const code = new URL(answer.headers['location']!).searchParams.get('code')!;
    const redeemed = await redeem({ host, code, verifier, clientAddress: '2001:db8:0:2::1' });
    expect(redeemed.body).toHaveProperty('confirmAt');
  });

  it('asks the user, who sees from where, and gives one click a code that is good there only', async () => {
    const { path: at } = await asked();
    const page = await service.browser.get(at!);
    expect(page.text).toMatch(
      /app\.example\.com[\s\S]*198\.51\.100\.9 \(not the address of this browser\)[\s\S]*curl\/8/,
    );
    const confirm = () => service.browser.post(at!, { origin: gateway, 'sec-fetch-site': 'same-origin' });
    const [, url] = /^0; url=(\S+)$/.exec((await confirm()).headers['refresh']!)!;
    expect(url).toMatch(/^https:\/\/app\.example\.com\/\.sallyport\/callback\?code=[\w-]{43}$/);
    expect((await confirm()).status).toBe(400);
    const code = new URL(url!).searchParams.get('code')!;
    expect((await redeem({ host, code, verifier, ...elsewhere })).body).toMatchObject({ tab: 'tab-1' });
    expect(await routeSessions()).toMatchObject([elsewhere]);
  });

  it('asks again where the code of a click is redeemed in a third place', async () => {
    const { path: at } = await asked();
    const { headers } = await service.browser.post(at!, { origin: gateway });
    const code = new URL(headers['refresh']!.replace('0; url=', '')).searchParams.get('code')!;
    expect((await redeem({ host, code, verifier })).body).toHaveProperty('confirmAt');
    expect(await routeSessions()).toEqual([]);
  });

  it.each([
    ['without an origin', {}],
    ['for a page of the application', { origin: 'https://app.example.com' }],
    ['for a page without an origin', { origin: 'null' }],
    ['from another site that claims the origin', { origin: gateway, 'sec-fetch-site': 'same-site' }],
  ])('is not confirmed %s', async (_what, headers) => {
    const { path: at } = await asked();
    expect((await service.browser.post(at!, headers)).status).toBe(403);
    expect((await service.browser.get(at!)).status).toBe(200);
  });

  it('is confirmed only by the browser with the login, and in five minutes', async () => {
    const { path: at } = await asked();
    for (const cookie of ['none=1', `__Host-sallyport=spt_${'x'.repeat(43)}`]) {
      expect((await service.browser.get(at!, { cookie })).status).toBe(400);
      expect((await service.browser.post(at!, { cookie, origin: gateway })).status).toBe(400);
    }
    await throughProvider(service, '/.sallyport/login', undefined, service.elsewhere);
    expect((await service.elsewhere.post(at!, { origin: gateway })).status).toBe(400);
    expect((await service.browser.get(at!)).status).toBe(200);
    service.clock.now += 5 * 60_000 + 1;
    expect((await service.browser.get(at!)).status).toBe(400);
  });
});
