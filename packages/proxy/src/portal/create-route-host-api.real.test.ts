import { describe, expect, it } from '@jest/globals';
import { configSchema } from '@sallyport/contracts';
import { createLogger, type ServiceRequest } from '@sallyport/kit';
import { createPages } from '@sallyport/pages';
import supertest from 'supertest';
import { createRouteIdentities } from '../web-identity/route-identity.ts';
import { createWebRoute } from '../web/create-web-route.ts';
import { noConnectors } from '../testing/no-connectors.ts';
import { createWebRoutes } from '../exchange/web-route.ts';
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
    through: noConnectors,
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
      landing: { loginOrigin: 'https://gate.example.com' },
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
    expect([secure.status, secure.headers['set-cookie']]).toEqual([400, undefined]);
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

  it.each([
    ['A23 in a browser that did not begin', ''],
    ['A23 with two secrets, one of which was planted', `${begin}; ${begin}x`],
    ['with a secret of another form', '__Host-sallyport-begin=%'],
  ])('is refused %s, and the code is used up, because a script may read it', async (_what, cookie) => {
    const { get, calls, events } = await setUp();
    const answer = await get('/.sallyport/callback?code=c0de', cookie);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
    expect(calls).toEqual([
      expect.objectContaining({
        body: expect.objectContaining({ code: 'c0de', verifier: expect.not.stringContaining(nonce) }),
      }),
    ]);
    expect(events).toEqual([{ status: 400, path: '/.sallyport/callback' }]);
  });

  it.each([
    { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' },
    { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' },
    { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' },
    { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', 'sec-purpose': 'prefetch' },
  ])('is refused for what opens no page: %j', async (headers) => {
    const { get, calls } = await setUp();
    expect([(await get('/.sallyport/callback?code=c0de', begin, headers)).status, calls]).toEqual([403, []]);
  });

  it('passes where a Service Worker passes on what opens a page', async () => {
    const { get } = await setUp();
    const headers = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'empty' };
    expect((await get('/.sallyport/callback?code=c0de', begin, headers)).headers['location']).toBe('/');
  });

  it('asks the user where authenticate says so, with an event', async () => {
    const confirmAt = 'https://gate.example.com/.sallyport/route-confirmation/x';
    const { get, events } = await setUp({ body: { confirmAt } });
    const answer = await get('/.sallyport/callback?code=c0de', `${begin}; ${cookieFor('/a')}`);
    expect([answer.status, answer.headers['location'], answer.headers['set-cookie']]).toEqual([
      302,
      confirmAt,
      undefined,
    ]);
    expect(events).toEqual([{ status: 302, path: '/.sallyport/callback' }]);
  });

  it('is refused if authenticate refuses the code', async () => {
    const { get } = await setUp({ status: 400, body: { code: 'login-expired', detail: 'No.' } });
    const answer = await get('/.sallyport/callback?code=c0de', begin);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
  });
});

describe('the logout of a web application', () => {
  const asked = 'https://gate.example.com/.sallyport/logout';

  it('leads to the page of the gateway that asks, and ends nothing, however a script sends it', async () => {
    const { get, post, calls } = await setUp();
    for (const answer of [
      await get('/.sallyport/logout'),
      await post({ origin, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' }),
      await post({ origin: 'https://evil.example' }),
    ])
      expect([answer.status, answer.headers['location'], answer.headers['set-cookie']]).toEqual([
        303,
        asked,
        undefined,
      ]);
    expect(calls).toEqual([]);
  });

  const opened = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  it.each([
    ['a link of the application', { ...opened, 'sec-fetch-site': 'same-origin' }, '"cache", "storage"'],
    ['a link of a sibling', { ...opened, 'sec-fetch-site': 'same-site' }, undefined],
    ['an address that was typed', { ...opened, 'sec-fetch-site': 'none' }, undefined],
    [
      'an image of the application',
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image', 'sec-fetch-site': 'same-origin' },
      undefined,
    ],
    ['an old browser', {}, undefined],
  ])('clears what the application keeps in the browser for %s: %j', async (_what, headers, cleared) => {
    const { get } = await setUp();
    expect((await get('/.sallyport/logout', '', headers)).headers['clear-site-data']).toBe(cleared);
  });
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

describe('the command line', () => {
  it.each(['/.sallyport/install', '/.sallyport/install/SHA256SUMS', '/.sallyport/ca.pem'])(
    'is not offered on the host of an application, whose scripts could change the page: %s',
    async (path) => {
      const { get } = await setUp();
      expect((await get(path)).status).toBe(404);
    },
  );
});
