import { beforeEach, describe, expect, it } from '@jest/globals';
import { hashToken } from '@sallyport/kit';
import { createBrowser } from '../testing/test-browser.ts';
import { throughProvider, verifier } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const json = { accept: 'application/json' };
const oob = 'urn:ietf:wg:oauth:2.0:oob';
const path = (changes: Record<string, string> = {}) =>
  `/.sallyport/login?${new URLSearchParams({ redirect_uri: oob, state: 'state-of-the-cli', code_challenge: hashToken(verifier), code_challenge_method: 'S256', ...changes }).toString()}`;
const exchange = (code: string, changes: Record<string, unknown> = {}) =>
  service.browser.post('/.sallyport/token', json, {
    grant_type: 'authorization_code',
    code_verifier: verifier,
    redirect_uri: oob,
    code,
    ...changes,
  });
/** A program starts the login, and the user logs in elsewhere. Returns the page that they see. */
async function logIn(browser = service.elsewhere) {
  await service.browser.get(path(), json);
  return throughProvider(service, path(), undefined, browser);
}
const codeOf = (page: string) => /<p class="paste"[^>]*>([^<]+)</.exec(page)?.[1] ?? '';

describe('a login with a pasted code', () => {
  it('shows the code, the user and the program, and becomes a session of the program', async () => {
    const page = await logIn();
    expect(page.status).toBe(200);
    for (const shown of [
      'alice@example.com',
      '192.0.2.7 (the same address as this browser)',
      'Do not give this code to anyone',
    ])
      expect(page.text).toContain(shown);
    const answer = await exchange(codeOf(page.text));
    expect(answer.body).toMatchObject({
      access_token: expect.stringMatching(/^spt_/),
      identity: { user: 'alice@example.com' },
    });
    expect(await service.sessions.list()).toMatchObject([{ kind: 'cli', clientAddress: '192.0.2.7' }]);
  });

  it('is useless to everyone except the program that started it (RFC 7636)', async () => {
    const code = codeOf((await logIn()).text);
    expect((await exchange(code, { code_verifier: 'w'.repeat(43) })).body).toMatchObject({ error: 'invalid_grant' });
    expect((await exchange(code)).body).toMatchObject({ error: 'invalid_grant' });
  });

  it('is not interchangeable with a code for loopback', async () => {
    expect((await exchange(codeOf((await logIn()).text), { redirect_uri: 'http://127.0.0.1:1/' })).body).toMatchObject({
      error: 'invalid_grant',
    });
    const back = await throughProvider(service, path({ redirect_uri: 'http://127.0.0.1:1/' }));
    expect((await exchange(new URL(back.headers['location']!).searchParams.get('code')!)).body).toMatchObject({
      error: 'invalid_grant',
    });
  });

  it('works once, for five minutes, and a second use ends the session', async () => {
    const late = codeOf((await logIn()).text);
    service.clock.now += 300_001;
    expect((await exchange(late)).status).toBe(400);
    const code = codeOf((await logIn()).text);
    service.clock.now += 299_000;
    expect((await exchange(code)).status).toBe(200);
    expect((await exchange(code)).status).toBe(400);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('shows no code for a forged URL that the program did not request', async () => {
    const page = await throughProvider(
      service,
      path({ code_challenge: hashToken('x'.repeat(43)) }),
      undefined,
      service.elsewhere,
    );
    expect(page.status).toBe(400);
    expect(page.text).not.toContain('class="paste"');
  });

  it('shows the address of the program if it is another one', async () => {
    await service.browser.get(path(), { ...json, 'sallyport-client-address': '203.0.113.99', 'user-agent': '<b>' });
    const page = await throughProvider(service, path(), undefined, service.elsewhere);
    expect(page.text).toContain('203.0.113.99 (not the address of this browser)');
    expect(page.text).toContain('&lt;b&gt;');
  });

  it('shows a refusal to the user, because no program waits on loopback', async () => {
    service.provider.lies = { claims: { email_verified: false } };
    const page = await logIn();
    expect([page.status, page.headers['location']]).toEqual([403, undefined]);
    expect(page.text).toContain('not verified');
  });

  it('can be disabled', async () => {
    service = await createTestService({ login: { paste: false } });
    expect((await service.browser.get(path(), json)).body).toMatchObject({
      status: 403,
      detail: expect.stringContaining('login.paste'),
    });
    expect((await createBrowser(service.app).get(path())).status).toBe(403);
  });
});
