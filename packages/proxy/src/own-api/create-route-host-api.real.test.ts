import { describe, expect, it } from '@jest/globals';
import { configSchema } from '@sallyport/contracts';
import { createLogger, hashToken, type ServiceRequest } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import supertest from 'supertest';
import { createRouteIdentities } from '../web-identity/route-identity.ts';
import { createWebRoute } from '../web/create-web-route.ts';
import { createWebRoutes } from '../web/web-routes.ts';
import { createRouteHostApi } from './create-route-host-api.ts';

const host = 'app.example.com';
const origin = `https://${host}`;
const nonce = 'n'.repeat(43);
const begin = `__Host-sallyport-begin=${nonce}`;
const cookieFor = (target: string) => `__Host-sallyport-return-tab1=${Buffer.from(target).toString('base64url')}`;

async function setUp(answer: { status?: number; body?: unknown } = {}, from = origin) {
  const config = configSchema.parse({
    gateway: { url: 'https://gate.example.com', trustedProxies: ['10.0.0.0/8'] },
    login: { url: 'http://127.0.0.1:8080', listen: '127.0.0.1:8080' },
    routes: [{ from, to: 'http://app' }],
  });
  const route = await createWebRoute(config.routes[0]!, {
    resolvePath: (file) => file,
    timeouts: config.timeouts,
    look: { host: 'gate.example.com' },
    identityOf: createRouteIdentities({ signed: undefined, gatewayOrigin: 'x', provider: undefined, now: Date.now }),
  });
  const calls: ServiceRequest[] = [];
  const events: { status: number; path: string }[] = [];
  const request = (call: ServiceRequest) => {
    calls.push(call);
    const body = { token: 'spt_new', tab: 'tab1', expiresAt: Date.now() + 3_600_500 };
    return Promise.resolve({ status: answer.status ?? 200, headers: {}, body: answer.body ?? body });
  };
  const app = createRouteHostApi(
    {
      origin: 'https://gate.example.com',
      clientAddress: () => '10.0.0.9',
      findCaller: () => Promise.reject(new Error('not asked')),
      authenticate: { request },
      ownPages: createPages({ host: 'gate.example.com' }),
      auditCall: { open: () => {}, complete: ({ status, path }: never) => void events.push({ status, path }) },
      logger: createLogger({ service: 'proxy', level: 'silent' }),
    } as never,
    { of: (request) => createWebRoutes([route])[from === origin ? 'of' : 'plainOf'](request) },
  );
  const agent = supertest(app);
  const get = (path: string, cookie = '', headers: object = {}) =>
    agent
      .get(path)
      .set({ host, accept: 'text/html', cookie, ...headers })
      .redirects(0);
  const post = (headers: object) =>
    agent
      .post('/.sallyport/logout')
      .set({ host, accept: 'text/html', cookie: '__Host-sallyport-route=spt_x', ...headers });
  return { get, post, calls, events };
}

describe('the end of a login at a web application', () => {
  it('redeems the code with the secret of the browser, and goes back to where it began', async () => {
    const { get, calls } = await setUp();
    const answer = await get('/.sallyport/callback?code=c0de', `${begin}; ${cookieFor('/a/b?c=//d')}`);
    expect([answer.status, answer.headers['location']]).toEqual([302, '/a/b?c=//d']);
    expect(answer.headers['set-cookie']).toEqual([
      '__Host-sallyport-route=spt_new; Path=/; Max-Age=3600; Secure; HttpOnly; SameSite=Lax',
      '__Host-sallyport-return-tab1=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax',
    ]);
    expect(calls).toEqual([
      expect.objectContaining({
        path: '/v1/route-sessions',
        body: { host, code: 'c0de', verifier: nonce, clientAddress: '10.0.0.9' },
      }),
    ]);
  });

  it('has cookies of other names in plain http, and takes those with the prefix over TLS only', async () => {
    const { get, calls } = await setUp({}, 'http://localhost:8080');
    const held = [
      `sallyport-demo-begin=${nonce}`,
      `sallyport-demo-return-tab1=${Buffer.from('/a').toString('base64url')}`,
    ].join('; ');
    const answer = await get('/.sallyport/callback?code=c0de', held, { host: 'localhost:8080' });
    expect([answer.status, answer.headers['location'], calls.length]).toEqual([302, '/a', 1]);
    expect(answer.headers['set-cookie']).toEqual([
      'sallyport-demo-route=spt_new; Path=/; Max-Age=3600; HttpOnly; SameSite=Lax',
      'sallyport-demo-return-tab1=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    ]);
    const secure = await get('/.sallyport/callback?code=c0de', `${begin}; ${cookieFor('/a')}`, { host: 'localhost' });
    expect([secure.status, calls.length]).toEqual([400, 1]);
  });

  it.each(['//evil.example', '/\\evil.example', 'https://evil.example', '\\\\evil', '', '/a\\b', '/a\r\nb', '/é'])(
    'A26 never goes to %j',
    async (target) => {
      const { get } = await setUp();
      const answer = await get('/.sallyport/callback?code=c0de', `${begin}; ${cookieFor(target)}`);
      expect([answer.status, answer.headers['location']]).toEqual([302, '/']);
    },
  );

  it.each([
    ['A23 in a browser that did not begin', '/.sallyport/callback?code=c0de', ''],
    ['A23 with two secrets, one of which was planted', '/.sallyport/callback?code=c0de', `${begin}; ${begin}x`],
    ['without a code', '/.sallyport/callback', begin],
    ['with two codes', '/.sallyport/callback?code=a&code=b', begin],
    ['with a code of another form', '/.sallyport/callback?code=a%0d', begin],
  ])('is refused %s, on a page, with an event', async (_what, path, cookie) => {
    const { get, calls, events } = await setUp();
    const answer = await get(path, cookie);
    expect([answer.status, calls.length, answer.headers['set-cookie']]).toEqual([400, 0, undefined]);
    expect(answer.text).toContain('This login is no longer valid');
    expect(events).toEqual([{ status: 400, path: '/.sallyport/callback' }]);
  });

  it('is refused if authenticate refuses the code', async () => {
    const { get } = await setUp({ status: 400, body: { code: 'login-expired', detail: 'No.' } });
    const answer = await get('/.sallyport/callback?code=c0de', begin);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
  });
});

describe('the logout of a web application', () => {
  it('asks first, and then ends the login and the cookie', async () => {
    const { get, post, calls } = await setUp();
    expect((await get('/.sallyport/logout')).text).toContain('<form method="post"');
    expect(calls).toHaveLength(0);
    const answer = await post({ origin });
    expect([answer.status, answer.headers['set-cookie']]).toEqual([
      200,
      ['__Host-sallyport-route=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Lax'],
    ]);
    expect(calls[0]).toMatchObject({ path: '/v1/route-sessions/end', body: { hash: hashToken('spt_x') } });
  });

  it.each([{}, { origin: 'https://evil.example' }, { origin: 'null' }, { origin, 'sec-fetch-site': 'cross-site' }])(
    'A43 is refused from elsewhere: %j',
    async (headers) => {
      const { post, calls } = await setUp();
      expect([(await post(headers)).status, calls.length]).toEqual([403, 0]);
    },
  );
});

it('nothing else is on the host of a web application', async () => {
  const { get } = await setUp();
  for (const path of [
    '/.sallyport/login',
    '/.sallyport/me',
    '/.sallyport/api/v1/sessions',
    '/.sallyport/scim/v2/Users',
  ])
    expect((await get(path)).status).toBe(404);
});
