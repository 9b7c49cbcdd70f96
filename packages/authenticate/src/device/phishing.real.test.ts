import { beforeEach, describe, expect, it } from '@jest/globals';
import { callerHeader } from '../testing/caller-header.ts';
import { createBrowser } from '../testing/test-browser.ts';
import { gateway } from '../testing/test-config.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

/** `service.browser` is the program, `service.elsewhere` the user's own browser. */
let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const json = { accept: 'application/json' };
const form = { origin: gateway, 'content-type': 'application/x-www-form-urlencoded' };
const begin = async (headers: Record<string, string> = {}) =>
  (await service.browser.post('/.sallyport/api/v1/device/code', { ...json, ...headers }, {})).body as {
    device_code: string;
    user_code: string;
  };
const poll = async (code: string) =>
  (
    (
      await service.browser.post('/.sallyport/api/v1/device/token', json, {
        grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
        device_code: code,
      })
    ).body as { error?: string }
  ).error;
async function showApprovalPage(code: string, browser = service.elsewhere) {
  const away = await browser.get(`/.sallyport/login?user_code=${code}`);
  return (
    await browser.get(
      `/.sallyport/callback?${new URLSearchParams(service.provider.logIn(away.headers['location']!)).toString()}`,
    )
  ).text;
}
const field = (page: string, name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page)?.[1] ?? '';
const answer = (
  page: string,
  changes: Record<string, string> = {},
  browser = service.elsewhere,
  headers: Record<string, string> = form,
) =>
  browser.post(
    '/.sallyport/device',
    headers,
    new URLSearchParams({
      approval: field(page, 'approval'),
      user_code: field(page, 'user_code'),
      answer: 'approve',
      ...changes,
    }).toString(),
  );

describe('phishing with a code (A24)', () => {
  it('warns on every page, and shows the address of the device, not of the user', async () => {
    const { user_code: code } = await begin({ 'sallyport-client-address': '203.0.113.99' });
    expect((await service.elsewhere.get('/.sallyport/device')).text).toContain('If someone sent you here');
    const page = await showApprovalPage(code);
    expect(page).toContain('203.0.113.99 (not the address of this browser)');
    expect(page).toContain('Approve only if this is your device');
  });

  it('escapes what the device sends about itself', async () => {
    const { user_code: code } = await begin({ 'user-agent': '<img src=x onerror=alert(1)>"\'&' });
    const page = await showApprovalPage(code);
    expect(page).toContain('&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;');
    expect(page).not.toContain('<img');
    for (const cluster of ['<b>', 'Dev', 'a b', '../x', 'x'.repeat(64), 7, ['dev'], { a: 1 }])
      expect((await service.browser.post('/.sallyport/api/v1/device/code', json, { cluster })).status).toBe(400);
  });

  it('approves nothing for a request from another site, without an origin, or from a script', async () => {
    const codes = await begin();
    const page = await showApprovalPage(codes.user_code);
    for (const origin of ['https://evil.example', 'null', 'http://gate.example.com:8443', `${gateway}.evil.example`])
      expect([origin, (await answer(page, {}, service.elsewhere, { ...form, origin })).status]).toEqual([origin, 403]);
    expect((await answer(page, {}, service.elsewhere, { 'content-type': form['content-type'] })).status).toBe(403);
    expect(
      (
        await service.elsewhere.get(
          `/.sallyport/device?${new URLSearchParams({ approval: field(page, 'approval'), answer: 'approve' }).toString()}`,
        )
      ).status,
    ).toBe(200);
    expect(await poll(codes.device_code)).toBe('authorization_pending');
    expect((await answer(page)).status).toBe(200);
  });

  it('approves nothing in a browser that did not log in for it, even with everything on the page', async () => {
    const codes = await begin();
    const page = await showApprovalPage(codes.user_code);
    const other = createBrowser(service.app);
    expect((await answer(page, {}, other)).status).toBe(400);
    await showApprovalPage((await begin()).user_code, other);
    expect((await answer(page, {}, other)).status).toBe(400);
    expect(await poll(codes.device_code)).toBe('authorization_pending');
  });

  it('approves only the device that was shown', async () => {
    const [shown, other] = [await begin(), await begin()];
    const page = await showApprovalPage(shown.user_code);
    expect((await answer(page, { user_code: other.user_code })).status).toBe(400);
    expect(await poll(other.device_code)).toBe('authorization_pending');
    expect(await poll(shown.device_code)).toBe('authorization_pending');
  });

  it('accepts only the first answer to a code', async () => {
    const codes = await begin();
    const [mine, theirs] = [
      await showApprovalPage(codes.user_code),
      await showApprovalPage(codes.user_code, createBrowser(service.app)),
    ];
    expect((await answer(mine, { answer: 'deny' })).status).toBe(200);
    expect((await answer(mine)).status).toBe(400);
    expect((await answer(theirs)).status).toBe(400);
    expect(await poll(codes.device_code)).toBe('access_denied');
  });

  it('accepts one of many simultaneous answers', async () => {
    const codes = await begin();
    const browsers = Array.from({ length: 6 }, () => createBrowser(service.app));
    const pages = [];
    for (const browser of browsers) pages.push(await showApprovalPage(codes.user_code, browser));
    const statuses = (await Promise.all(pages.map((page, n) => answer(page, {}, browsers[n])))).map(
      ({ status }) => status,
    );
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    const tokens = await Promise.all(Array.from({ length: 6 }, () => poll(codes.device_code)));
    expect(tokens.filter((error) => error === undefined)).toHaveLength(1);
    expect(await service.sessions.list()).toHaveLength(1);
  });

  it.each(['', 'perhaps', 'APPROVE', 'approve,deny'])('does not accept the answer %j', async (said) => {
    const page = await showApprovalPage((await begin()).user_code);
    expect((await answer(page, { answer: said })).status).toBe(400);
  });

  it('refuses a user whom the provider does not authenticate, and the device keeps waiting', async () => {
    const codes = await begin();
    service.provider.lies = { claims: { email_verified: false } };
    const away = await service.elsewhere.get(`/.sallyport/login?user_code=${codes.user_code}`);
    const page = await service.elsewhere.get(
      `/.sallyport/callback?${new URLSearchParams(service.provider.logIn(away.headers['location']!)).toString()}`,
    );
    expect(page.status).toBe(403);
    expect(await poll(codes.device_code)).toBe('authorization_pending');
  });
});

describe('guessing of codes', () => {
  const guess = (n: number) =>
    Array.from(n.toString(20).padStart(8, '0'))
      .map((digit) => 'BCDFGHJKLMNPQRSTVWXZ'[Number.parseInt(digit, 20)])
      .join('');
  const tryAt = async (path: string, headers: Record<string, string> = {}) =>
    (await createBrowser(service.app).get(path, headers)).status;

  it('ends after ten guesses from one address on any page, and is recorded; other addresses are not affected', async () => {
    const { user_code: code } = await begin();
    for (let n = 0; n < 10; n += 1)
      expect(await tryAt(`/.sallyport/${n % 2 === 0 ? 'device' : 'login'}?user_code=${guess(n)}`)).toBe(
        n % 2 === 0 ? 404 : 400,
      );
    expect(service.events('login.failed')).toHaveLength(10);
    for (const path of ['device', 'login']) expect(await tryAt(`/.sallyport/${path}?user_code=${code}`)).toBe(429);
    expect(await tryAt(`/.sallyport/device?user_code=${code}`, { 'sallyport-client-address': '198.51.100.1' })).toBe(
      200,
    );
    service.clock.now += 600_001;
    expect(await tryAt(`/.sallyport/device?user_code=${(await begin()).user_code}`)).toBe(200);
  });

  it('ends after ten guesses of one session, from any address', async () => {
    for (let n = 0; n < 10; n += 1)
      await tryAt(`/.sallyport/device?user_code=${guess(n)}`, {
        ...callerHeader({ id: 'guesser', kind: 'browser' }),
        'sallyport-client-address': `198.51.100.${n}`,
      });
    const { user_code: code } = await begin();
    expect(
      await tryAt(`/.sallyport/device?user_code=${code}`, {
        ...callerHeader({ id: 'guesser', kind: 'browser' }),
        'sallyport-client-address': '198.51.100.200',
      }),
    ).toBe(429);
    expect(
      await tryAt(`/.sallyport/device?user_code=${code}`, {
        ...callerHeader({ id: 'other', kind: 'browser' }),
        'sallyport-client-address': '198.51.100.200',
      }),
    ).toBe(200);
  });

  it('is counted per IPv6 network, however the addresses are written', async () => {
    for (let n = 0; n < 10; n += 1)
      await tryAt(`/.sallyport/device?user_code=${guess(n)}`, {
        'sallyport-client-address': ['2001:db8::1', '2001:db8:0:0:ffff::', '2001:0DB8:0:0:1:2:3:4'][n % 3]!,
      });
    const { user_code: code } = await begin();
    expect(await tryAt(`/.sallyport/device?user_code=${code}`, { 'sallyport-client-address': '2001:db8::2' })).toBe(
      429,
    );
    expect(await tryAt(`/.sallyport/device?user_code=${code}`, { 'sallyport-client-address': '2001:db8:0:1::2' })).toBe(
      200,
    );
  });

  it('is bounded for simultaneous guesses too', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 400 }, (_, n) => tryAt(`/.sallyport/device?user_code=${guess(n)}`)),
    );
    expect(statuses.filter((status) => status === 404).length).toBeLessThanOrEqual(300);
  });

  it('is not possible with a forged cookie', async () => {
    const { user_code: code } = await begin();
    const away = await service.elsewhere.get(`/.sallyport/login?user_code=${code}`);
    const [name] = [...service.elsewhere.jar.keys()];
    const held = service.elsewhere.jar.get(name!)!;
    for (const written of [held.replace(/.{8}$/, 'ZZZZZZZZ'), `${held}.ZZZZZZZZ`, `${held.split('.')[0]}.ZZZZZZZZ`]) {
      const page = await service.elsewhere.get(
        `/.sallyport/callback?${new URLSearchParams(service.provider.logIn(away.headers['location']!)).toString()}`,
        { cookie: `${name}=${written}` },
      );
      expect(page.status).toBe(400);
      expect(page.text).not.toContain('Approve this device?');
    }
  });

  it('does not allow an unlimited number of logins from one address', async () => {
    for (let n = 0; n < 60; n += 1) await begin();
    expect((await service.browser.post('/.sallyport/api/v1/device/code', json, {})).status).toBe(429);
    expect((await begin({ 'sallyport-client-address': '198.51.100.1' })).device_code).toBeDefined();
  });
});
