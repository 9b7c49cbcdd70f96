import { beforeEach, describe, expect, it } from '@jest/globals';
import { cliLogin } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const asJson = { accept: 'application/json' };

describe('the goal of a login', () => {
  const listed = 'https://tool.example.com/callback';
  it.each([
    'http://127.0.0.1:1/',
    'http://127.0.0.1:65535/a/b',
    'http://[::1]:8000/callback',
    'http://127.0.0.1:8000',
    listed,
  ])('allows %s', async (redirect) => {
    service = await createTestService({ login: { redirects: [listed] } });
    expect((await service.browser.get(cliLogin({ redirect_uri: redirect }), asJson)).status).toBe(200);
  });

  it.each([
    'http://localhost:8000/',
    'https://127.0.0.1:8000/',
    'http://127.0.0.1/',
    'http://127.0.0.1:0/',
    'http://127.0.0.1:65536/',
    'http://127.0.0.1:08000/',
    'http://127.0.0.2:8000/',
    'http://127.1:8000/',
    'http://2130706433:8000/',
    'http://0x7f.0.0.1:8000/',
    'http://127.0.0.1:8000@evil.example/',
    'http://user@127.0.0.1:8000/',
    'http://127.0.0.1:8000/#f',
    'http://127.0.0.1:8000/?a=b',
    'http://127.0.0.1:8000/a/../b',
    'http://127.0.0.1:8000/%2e%2e/b',
    'http://127.0.0.1:8000\\@evil.example/',
    'http://127.0.0.1:8000/\\evil',
    'http://127.0.0.1:8000/\n',
    '\thttp://127.0.0.1:8000/',
    'HTTP://127.0.0.1:8000/',
    '//127.0.0.1:8000/',
    'http://127.0.0.1.evil.example:8000/',
    'http://[::1].evil.example:8000/',
    'http://[::ffff:127.0.0.1]:8000/',
    'javascript:alert(1)',
    'https://evil.example/',
    `${listed}/`,
    `${listed}?x`,
    `${listed}#x`,
    'https://tool.example.com/callback/../x',
    'https://TOOL.example.com/callback',
    '',
  ])('refuses %j', async (redirect) => {
    service = await createTestService({ login: { redirects: [listed] } });
    const answer = await service.browser.get(cliLogin({ redirect_uri: redirect }));
    expect(answer.status).toBe(400);
    expect(answer.headers['location']).toBeUndefined();
  });

  it.each([
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    '/.sallyport//evil.example',
    '/.sallyport/../x',
    '/.sallyport/%2e%2e/x',
    '/.sallyport/%09/x',
    '/clusters/dev',
    '/.sallyport',
    '/.sallyport/',
    '/.sallyport/me?x=//evil',
    '/.sallyport/me#x',
    '/.sallyport/me\n',
    ' /.sallyport/me',
    '/.sallyport@evil.example/',
    '/console/',
    '/console//evil.example',
    '/console/../x',
    '/console?',
    '/console?x=//evil.example',
    '/console?x#y',
    '/console.evil.example',
    `/console?${'x'.repeat(1024)}`,
    '',
  ])('refuses to return to %j', async (path) => {
    const answer = await service.browser.get(
      `/.sallyport/login?${new URLSearchParams({ return_to: path }).toString()}`,
    );
    expect(answer.status).toBe(400);
  });

  it.each([
    '/',
    '/.sallyport/me',
    '/console',
    '/console/trail?user=a%40example.com&since=2026-01-02T00%3A00%3A00.000Z',
  ])('returns to %j', async (path) => {
    const query = new URLSearchParams({ return_to: path }).toString();
    expect((await service.browser.get(`/.sallyport/login?${query}`)).status).toBe(302);
  });

  it.each([
    { code_challenge: undefined },
    { code_challenge: 'short' },
    { code_challenge_method: 'plain' },
    { code_challenge_method: undefined },
    { state: undefined },
    { state: 'short' },
    { state: `x${'y'.repeat(512)}` },
    { state: 'with\nnewline' },
    { return_to: '/.sallyport/me' },
    { provider: 'nobody' },
  ])("refuses a program's login with a missing or invalid parameter (case %#)", async (changes) => {
    expect((await service.browser.get(cliLogin(changes), asJson)).body).toMatchObject({
      status: 400,
      code: 'bad-request',
    });
  });

  it('refuses a repeated parameter, and a URL that is too long', async () => {
    expect((await service.browser.get(`${cliLogin()}&redirect_uri=https://evil.example/`)).status).toBe(400);
    expect((await service.browser.get(`/.sallyport/login?return_to=/.sallyport/me&x=${'y'.repeat(9000)}`)).status).toBe(
      400,
    );
  });
});
