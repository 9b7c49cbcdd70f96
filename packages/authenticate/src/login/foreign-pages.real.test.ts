import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { createBrowser } from '../testing/test-browser.ts';
import { gateway } from '../testing/test-config.ts';
import { cliLogin, throughProvider, verifier } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const json = { accept: 'application/json' };
const oob = 'urn:ietf:wg:oauth:2.0:oob';
const pasteLogin = (changes: Record<string, string> = {}) => cliLogin({ redirect_uri: oob, ...changes });
const pomeriumLogin = `/.sallyport/login?${new URLSearchParams({ pomerium_redirect_uri: 'http://localhost:4321/' }).toString()}`;
const foreign = ['cross-site', 'same-site', 'none, cross-site', 'None', ''];
const hrefOf = (page: string) => /<a class="act" href="([^"]+)"/.exec(page)?.[1]?.replaceAll('&amp;', '&');
const beginDevice = async (headers: Record<string, string> = {}) =>
  service.browser.post('/.sallyport/api/v1/device/code', { ...json, ...headers }, {});

describe('a login that another site started', () => {
  const ways: [string, () => Promise<string>, RegExp][] = [
    ['a browser', async () => '/.sallyport/login', /this browser will be logged in/],
    [
      'a browser with a page to return to',
      async () => '/.sallyport/login?return_to=/.sallyport/me&provider=corp',
      /this browser will be logged in/,
    ],
    ['a program', async () => cliLogin(), /127\.0\.0\.1:41234/],
    ['a program whose code is pasted', async () => pasteLogin(), /shows a code/],
    ["a client of Pomerium's", async () => pomeriumLogin, /localhost:4321/],
    [
      'a device',
      async () => `/.sallyport/login?user_code=${((await beginDevice()).body as { user_code: string }).user_code}`,
      /device/,
    ],
  ];

  it.each(ways)('of %s asks first, without a redirect and without cookies', async (_what, address, says) => {
    const path = await address();
    for (const site of foreign) {
      const page = await service.elsewhere.get(path, { 'sec-fetch-site': site });
      expect([site, page.status, page.headers['location'], page.headers['set-cookie']]).toEqual([
        site,
        200,
        undefined,
        undefined,
      ]);
      expect(page.text).toContain('<h1>Log in?</h1>');
      expect(page.text).toMatch(says);
    }
    expect(service.provider.calls).toEqual([]);
  });

  it.each(ways)(
    'of %s goes on from our own page, and unasked where the person, a program or an old browser opens it',
    async (_what, address) => {
      const path = await address();
      const onward = hrefOf((await service.elsewhere.get(path, { 'sec-fetch-site': 'cross-site' })).text)!;
      expect(onward).toBe(
        new URL(path, gateway).pathname +
          (new URL(path, gateway).searchParams.size > 0 ? `?${new URL(path, gateway).searchParams.toString()}` : ''),
      );
      for (const [where, headers] of [
        [onward, { 'sec-fetch-site': 'same-origin' }],
        [path, { 'sec-fetch-site': 'none' }],
        [path, {}],
      ] as const) {
        const sent = await createBrowser(service.app).get(where, headers);
        expect([sent.status, new URL(sent.headers['location']!).origin]).toEqual([302, 'https://idp.example.com']);
      }
    },
  );

  it('asks before the user chooses a provider, and escapes URLs', async () => {
    service = await createTestService({
      identity: {
        providers: ['corp', 'other'].map((id) => ({ id, issuer: 'https://idp.example.com', clientId: 'sallyport' })),
      },
    });
    const page = await service.browser.get(cliLogin({ redirect_uri: "http://127.0.0.1:1/'&;" }), {
      'sec-fetch-site': 'cross-site',
    });
    expect(page.text).toContain('<h1>Log in?</h1>');
    expect((await service.browser.get(hrefOf(page.text)!, { 'sec-fetch-site': 'same-origin' })).text).toContain(
      'Choose your identity provider.',
    );
  });

  it('asks on the login origin, wherever it was started', async () => {
    service = await createTestService({ login: { url: 'https://login.example.com' } });
    const there = await service.browser.get('/.sallyport/login', { 'sec-fetch-site': 'cross-site' });
    expect(there.headers['location']).toBe('https://login.example.com/.sallyport/login');
    expect(
      (
        await createBrowser(service.app, 'https://login.example.com').get('/.sallyport/login', {
          'sec-fetch-site': 'cross-site',
        })
      ).text,
    ).toContain('<h1>Log in?</h1>');
  });

  it('completes when the provider, which is another site, redirects back', async () => {
    const there = await service.browser.get('/.sallyport/login');
    const back = await service.browser.get(
      `/.sallyport/callback?${new URLSearchParams(service.provider.logIn(there.headers['location']!)).toString()}`,
      { 'sec-fetch-site': 'cross-site' },
    );
    expect(back.headers['location']).toBe('/.sallyport/me');
  });

  it('creates and ends no session, however often a page tries', async () => {
    service = await createTestService({ sessions: { memory: true, perUser: 1 } });
    await throughProvider(service, '/.sallyport/login');
    const before = await service.sessions.list();
    for (let n = 0; n < 5; n += 1)
      for (const path of ['/.sallyport/login', pomeriumLogin, cliLogin()])
        expect((await service.browser.get(path, { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
    expect(await service.sessions.list()).toEqual(before);
  });
});

describe('an endpoint for programs', () => {
  const pageLike: [string, Record<string, string>][] = [
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['our own site', { 'sec-fetch-site': 'same-origin' }],
    ['the address bar', { 'sec-fetch-site': 'none' }],
    ['a page of another origin', { origin: 'https://evil.example' }],
    ['our own page', { origin: gateway }],
    ['a page without an origin', { origin: 'null' }],
  ];

  it.each(pageLike)('starts no login for %s', async (_what, headers) => {
    for (const path of [cliLogin(), pasteLogin(), '/.sallyport/login', pomeriumLogin])
      expect((await service.browser.get(path, { ...json, ...headers })).body).toMatchObject({
        status: 403,
        code: 'forbidden',
      });
    expect((await beginDevice(headers)).body).toMatchObject({ status: 403 });
    expect(
      (
        await service.browser.post(
          '/.sallyport/api/v1/device/token',
          { ...json, ...headers },
          { grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'x' },
        )
      ).status,
    ).toBe(403);
    const page = await throughProvider(service, pasteLogin(), undefined, service.elsewhere);
    expect(page.status).toBe(400);
  });

  it('accepts programs that send Sec-Fetch-Mode, as Node does', async () => {
    for (const headers of [json, { 'sec-fetch-mode': 'cors', 'accept-language': '*' }])
      expect((await service.browser.get(pasteLogin(), { ...json, ...headers })).status).toBe(200);
  });
});

describe('the recorded origin of a login with a pasted code', () => {
  const from = (address: string, more: Record<string, string> = {}) => ({
    ...json,
    'sallyport-client-address': address,
    ...more,
  });
  const shown = async () => (await throughProvider(service, pasteLogin(), undefined, service.elsewhere)).text;

  it('is not changed by a request from another page, nor by a later one', async () => {
    expect((await service.browser.get(pasteLogin(), from('203.0.113.99'))).status).toBe(200);
    expect(
      (await service.elsewhere.get(pasteLogin(), from('192.0.2.7', { 'sec-fetch-site': 'cross-site' }))).status,
    ).toBe(403);
    expect((await service.elsewhere.get(pasteLogin(), from('192.0.2.7'))).body).toMatchObject({ status: 409 });
    expect(
      (await service.elsewhere.get(pasteLogin(), from('203.0.113.99', { 'user-agent': 'another' }))).body,
    ).toMatchObject({ status: 409 });
    expect(await shown()).toContain('203.0.113.99 (not the address of this browser)');
  });

  it('allows the same program to ask again', async () => {
    for (let n = 0; n < 3; n += 1)
      expect((await service.browser.get(pasteLogin(), from('203.0.113.99'))).status).toBe(200);
    expect(await shown()).toContain('203.0.113.99 (not');
  });

  it('is limited per address', async () => {
    const ask = async (n: number, address: string) =>
      (await service.browser.get(pasteLogin({ code_challenge: hashToken(`${n} ${address}`) }), from(address))).status;
    for (let n = 0; n < 300; n += 1) expect(await ask(n, `2001:db8::${n.toString(16)}`)).toBe(200);
    expect(await ask(300, '2001:db8::ffff')).toBe(429);
    expect(await ask(301, '2001:db8:0:1::1')).toBe(200);
    service.clock.now += 600_000;
    expect(await ask(302, '2001:db8::1')).toBe(200);
  });

  it('is in the event, with the browser in which the code was shown', async () => {
    await service.browser.get(pasteLogin(), from('203.0.113.99'));
    const page = await throughProvider(service, pasteLogin(), undefined, createBrowser(service.app));
    const code = /<p class="paste"[^>]*>([^<]+)</.exec(page.text)![1]!;
    await service.browser.post('/.sallyport/token', from('203.0.113.98', { 'user-agent': 'program' }), {
      grant_type: 'authorization_code',
      code_verifier: verifier,
      redirect_uri: oob,
      code,
    });
    expect(service.events('session.login')).toMatchObject([
      {
        data: {
          sourceIPs: ['203.0.113.98'],
          userAgent: 'program',
          sallyport: { clientAddress: '203.0.113.98', approvedFrom: { clientAddress: '192.0.2.7', userAgent: 'test' } },
        },
      },
    ]);
    expect(await service.sessions.list()).toMatchObject([
      { clientAddress: '203.0.113.98', approvedFrom: { clientAddress: '192.0.2.7', userAgent: 'test' } },
    ]);
  });
});

describe('the page for a user code', () => {
  it('looks up no code from another site, whose ten wrong codes would lock the user out', async () => {
    const { user_code: code } = (await beginDevice()).body as { user_code: string };
    for (let n = 0; n < 20; n += 1) {
      expect(
        (await service.elsewhere.get('/.sallyport/device?user_code=BCDFGHJK', { 'sec-fetch-site': 'cross-site' })).text,
      ).toContain('Enter the code');
      await service.elsewhere.get('/.sallyport/login?user_code=BCDFGHJK', { 'sec-fetch-site': 'cross-site' });
    }
    expect(
      (await service.elsewhere.get(`/.sallyport/device?user_code=${code}`, { 'sec-fetch-site': 'none' })).text,
    ).toContain('show this code?');
  });
});
