import { beforeEach, describe, expect, it } from '@jest/globals';
import { anonymousGroup } from '@sallyport/audit-log';
import { createBrowser } from '../testing/test-browser.ts';
import { gateway } from '../testing/test-config.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { parseUserCode, formatUserCode, generateUserCode } from './device-authorization.ts';

/** `service.browser` is the program, `service.elsewhere` the user's own browser. */
let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});

const json = { accept: 'application/json' };
const there = { 'sallyport-client-address': '198.51.100.4', 'user-agent': 'browser' };
const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
type Codes = {
  device_code: string;
  user_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  expires_in: number;
  interval: number;
};

const begin = async (body: object = { cluster: 'dev' }, headers: Record<string, string> = {}) =>
  (await service.browser.post('/.sallyport/api/v1/device/code', { ...json, ...headers }, body)).body as Codes;
const poll = (code: string) =>
  service.browser.post('/.sallyport/api/v1/device/token', json, { grant_type: grantType, device_code: code });
const errorOf = async (code: string) => {
  const { status, body } = await poll(code);
  return { status, error: (body as { error?: string }).error };
};
const field = (page: string, name: string) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page)?.[1] ?? '';

/** Logs in elsewhere with a user code, and returns the approval page. */
async function showApprovalPage(code: string, browser = service.elsewhere) {
  const away = await browser.get(`/.sallyport/login?user_code=${code}`, there);
  if (away.status !== 302) return away;
  return browser.get(
    `/.sallyport/callback?${new URLSearchParams(service.provider.logIn(away.headers['location']!)).toString()}`,
    there,
  );
}
const answer = (page: string, said: string, browser = service.elsewhere, headers: Record<string, string> = {}) =>
  browser.post(
    '/.sallyport/device',
    { ...there, origin: gateway, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    new URLSearchParams({
      approval: field(page, 'approval'),
      user_code: field(page, 'user_code'),
      answer: said,
    }).toString(),
  );
async function approve(code: string) {
  return answer((await showApprovalPage(code)).text, 'approve');
}

describe('a login of a device (RFC 8628)', () => {
  it('issues a device code and a user code, the verification URI and the polling interval', async () => {
    const codes = await begin();
    expect(codes).toEqual({
      device_code: expect.stringMatching(/^spd_[A-Za-z0-9_-]{43}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${gateway}/.sallyport/device`,
      verification_uri_complete: `${gateway}/.sallyport/device?user_code=${codes.user_code}`,
      expires_in: 300,
      interval: 5,
    });
  });

  it('becomes a session of the device when the user approves it, and records both addresses', async () => {
    const codes = await begin();
    expect(await errorOf(codes.device_code)).toEqual({ status: 400, error: 'authorization_pending' });
    const page = await showApprovalPage(codes.user_code);
    expect(page.status).toBe(200);
    expect(page.text).toContain('alice@example.com');
    for (const shown of [codes.user_code, '192.0.2.7 (not the address of this browser)', 'dev', 'test'])
      expect(page.text).toContain(shown);
    expect(await service.sessions.list()).toEqual([]);
    const approved = await answer(page.text, 'approve');
    expect([approved.status, approved.text]).toEqual([200, expect.stringContaining('The device is approved')]);

    const got = await poll(codes.device_code);
    expect(got.body).toMatchObject({
      access_token: expect.stringMatching(/^spt_/),
      token_type: 'Bearer',
      session: { expiresAt: service.clock.now + 43_200_000 },
      identity: { user: 'alice@example.com', groups: ['developers'] },
    });
    expect(await service.sessions.list()).toMatchObject([
      {
        kind: 'cli',
        clientAddress: '192.0.2.7',
        userAgent: 'test',
        approvedFrom: { clientAddress: '198.51.100.4', userAgent: 'browser' },
      },
    ]);
    const [event] = service.events('session.login');
    expect(event!.data.sallyport).toMatchObject({
      clientAddress: '192.0.2.7',
      approvedFrom: { clientAddress: '198.51.100.4' },
    });
    expect(await errorOf(codes.device_code)).toEqual({ status: 400, error: 'expired_token' });
    expect([...service.elsewhere.jar.keys(), ...service.browser.jar.keys()]).toEqual([]);
  });

  it('accepts a code in any spelling, and asks the user to log in before it shows the device', async () => {
    const { user_code: code } = await begin();
    const form = await service.elsewhere.get('/.sallyport/device', there);
    expect(form.text).toMatch(/<label for="user_code">[\s\S]*<input id="user_code" name="user_code"/);
    for (const typed of [code, code.toLowerCase(), code.replace('-', ''), ` ${code.replace('-', ' ')} `]) {
      const found = await service.elsewhere.get(
        `/.sallyport/device?${new URLSearchParams({ user_code: typed }).toString()}`,
        there,
      );
      expect([typed, found.status]).toEqual([typed, 200]);
      expect(found.text).toContain(`href="/.sallyport/login?user_code=${code}"`);
      expect(found.text).not.toContain('192.0.2.7');
    }
  });

  it('is refused when the user denies it, and the denial is recorded', async () => {
    const codes = await begin();
    const denied = await answer((await showApprovalPage(codes.user_code)).text, 'deny');
    expect(denied.text).toContain('The device is denied');
    expect(await errorOf(codes.device_code)).toEqual({ status: 400, error: 'access_denied' });
    expect(await errorOf(codes.device_code)).toEqual({ status: 400, error: 'expired_token' });
    expect(service.events('login.failed')[0]!.data).toMatchObject({
      sourceIPs: ['198.51.100.4'],
      responseStatus: {
        code: 403,
        message: expect.stringContaining('alice@example.com denied the login of the device at 192.0.2.7'),
      },
    });
    // The user is authenticated, so failures of others at the same address are not counted together with this one.
    expect(anonymousGroup(service.events('login.failed')[0]!)).toBeUndefined();
    expect(service.events('login.failed')[0]!.data.user.username).toBe('alice@example.com');
    expect(await service.sessions.list()).toEqual([]);
  });

  it('tells a program that polls too often to slow down, without delaying its answer', async () => {
    const { device_code: code, user_code: userCode } = await begin();
    expect(await errorOf(code)).toMatchObject({ error: 'authorization_pending' });
    expect(await errorOf(code)).toMatchObject({ error: 'slow_down' });
    service.clock.now += 4500;
    expect(await errorOf(code)).toMatchObject({ error: 'authorization_pending' });
    await approve(userCode);
    expect((await poll(code)).status).toBe(200);
  });

  it('expires after five minutes at every step', async () => {
    const [asked, shown, approved] = [await begin(), await begin(), await begin()];
    const page = await showApprovalPage(shown.user_code);
    await approve(approved.user_code);
    service.clock.now += 300_001;
    for (const { device_code: code } of [asked, shown, approved])
      expect(await errorOf(code)).toMatchObject({ error: 'expired_token' });
    expect((await answer(page.text, 'approve')).status).toBe(400);
    expect((await showApprovalPage(asked.user_code)).status).toBe(400);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('asks for the provider first if there are several', async () => {
    service = await createTestService({
      identity: {
        providers: [
          { id: 'corp', issuer: 'https://idp.example.com', clientId: 'sallyport', clientSecret: 's3cr3t' },
          { id: 'other', issuer: 'https://other.example.com', clientId: 'x' },
        ],
      },
    });
    const { user_code: code } = await begin();
    const choice = await service.elsewhere.get(`/.sallyport/login?user_code=${code}`, there);
    expect(choice.text).toContain(`/.sallyport/login?user_code=${code}&amp;provider=corp`);
    const away = await service.elsewhere.get(`/.sallyport/login?user_code=${code}&provider=corp`, there);
    expect(away.status).toBe(302);
  });

  it('can be disabled', async () => {
    service = await createTestService({ login: { device: false } });
    expect((await service.browser.post('/.sallyport/api/v1/device/code', json, {})).status).toBe(404);
    for (const path of [
      '/.sallyport/device',
      '/.sallyport/device?user_code=BCDF-GHJK',
      '/.sallyport/login?user_code=BCDF-GHJK',
    ])
      expect([path, (await createBrowser(service.app).get(path)).status]).toEqual([path, 404]);
    expect(
      (await service.browser.post('/.sallyport/device', { origin: gateway }, { approval: 'a', answer: 'approve' }))
        .status,
    ).toBe(404);
  });

  it('stores neither code in clear', async () => {
    const seen: string[] = [];
    const { singleUse } = service;
    const watched = {
      ...singleUse,
      put: (...args: Parameters<typeof singleUse.put>) => (
        seen.push(JSON.stringify([args[0], args[2]])),
        singleUse.put(...args)
      ),
      claim: (...args: Parameters<typeof singleUse.claim>) => (
        seen.push(JSON.stringify([args[0], args[2]])),
        singleUse.claim(...args)
      ),
    };
    service = await createTestService({}, { singleUse: watched });
    const codes = await begin();
    await approve(codes.user_code);
    const { body } = await poll(codes.device_code);
    const secrets = [
      codes.device_code,
      codes.device_code.slice(4),
      codes.user_code,
      codes.user_code.replace('-', ''),
      (body as { access_token: string }).access_token,
    ];
    expect(seen.length).toBeGreaterThan(4);
    for (const secret of secrets)
      expect(seen.join() + service.lines.join() + JSON.stringify(service.audit.records)).not.toContain(secret);
  });
});

describe('a user code', () => {
  it('has eight consonants, all equally likely', () => {
    const counts = new Map<string, number>();
    for (let n = 0; n < 4000; n += 1) {
      const code = generateUserCode(
        Buffer.from(Array.from({ length: 32 }, (_, place) => (n * 7919 + place * 104_729 + n * place) % 256)).toString(
          'base64url',
        ),
      )!;
      expect(code).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
      for (const letter of code) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    expect(counts.size).toBe(20);
    expect(generateUserCode(Buffer.alloc(32, 255).toString('base64url'))).toBeUndefined();
  });

  it.each(['', 'BCDF', 'BCDF-GHJA', 'BCDF-GHJK-L', 'BCDF_GHJK', 'BCDFGHJK'.repeat(9), 'АВСDFGHJ', '1234-5678'])(
    'is not %j',
    (typed) => {
      expect(parseUserCode(typed)).toBeUndefined();
    },
  );

  it('is accepted as it is shown, even with a dash that a word processor made of the hyphen', () => {
    expect([formatUserCode('BCDFGHJK'), parseUserCode('BCDF-GHJK'), parseUserCode('bcdf\u2013ghjk')]).toEqual([
      'BCDF-GHJK',
      'BCDFGHJK',
      'BCDFGHJK',
    ]);
  });
});
