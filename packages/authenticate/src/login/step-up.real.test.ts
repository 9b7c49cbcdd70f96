import { beforeEach, describe, expect, it } from '@jest/globals';
import { cliLogin, exchange, throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});
const seconds = () => Math.floor(Date.now() / 1000);
const asked = async (path: string) => {
  const there = await service.browser.get(path);
  return {
    status: there.status,
    query: Object.fromEntries(new URL(there.headers['location'] ?? 'https://none.example').searchParams),
    text: there.text,
  };
};
const logIn = async (query: string, claims: Record<string, unknown>) => {
  service.provider.lies = { claims };
  return throughProvider(service, `/.sallyport/login?${query}`);
};

describe('a login with requirements', () => {
  it('sends max_age and acr_values to the provider', async () => {
    expect((await asked('/.sallyport/login?max_age=300&acr_values=phr+phrh')).query).toMatchObject({
      max_age: '300',
      acr_values: 'phr phrh',
    });
    const { query } = await asked('/.sallyport/login');
    expect([query['max_age'], query['acr_values']]).toEqual([undefined, undefined]);
    const page = await service.browser.get(`${cliLogin()}&max_age=0`, { accept: 'application/json' });
    expect((page.body as { signInUrl: string }).signInUrl).toContain('max_age=0');
  });

  it('succeeds if they are met, and records acr and auth_time', async () => {
    expect(
      (await logIn('max_age=300&acr_values=phr+phrh', { auth_time: seconds() - 200, acr: 'phrh', amr: ['hwk'] }))
        .status,
    ).toBe(302);
    expect(await service.sessions.list()).toMatchObject([
      { identity: { acr: 'phrh', amr: ['hwk'], authTime: expect.any(Number) } },
    ]);
  });

  it.each([
    ['too long ago', { auth_time: seconds() - 400 }],
    ['at an unknown time', { auth_time: undefined }],
    ['at a time that is none', { auth_time: 'now' }],
  ])('refuses a user who was authenticated %s', async (_what, claims) => {
    const answer = await logIn('max_age=300', claims);
    expect([answer.status, answer.text]).toEqual([
      403,
      expect.stringMatching(/as recently as requested|failed verification/),
    ]);
    expect(await service.sessions.list()).toEqual([]);
  });

  it.each([
    ['another class', { acr: '0' }],
    ['no class', { acr: undefined }],
    ['a class that is no text', { acr: ['phr'] }],
    ['classes in one text', { acr: 'phr phrh' }],
  ])('refuses a user who was authenticated in %s', async (_what, claims) => {
    const answer = await logIn('acr_values=phr+phrh', claims);
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('as strongly as requested')]);
    expect(await service.sessions.list()).toEqual([]);
  });

  it('counts max_age from the start of the login, not from the callback', async () => {
    const there = await service.browser.get('/.sallyport/login?max_age=0');
    service.provider.lies = { claims: { auth_time: seconds() } };
    service.clock.now += 300_000;
    const back = await service.browser.get(
      `/.sallyport/callback?${new URLSearchParams(service.provider.logIn(there.headers['location']!)).toString()}`,
    );
    expect(back.status).toBe(302);
  });

  it('applies to programs, which receive the refusal', async () => {
    service.provider.lies = { claims: { acr: '0' } };
    const back = await throughProvider(service, `${cliLogin()}&acr_values=phr`);
    expect(new URL(back.headers['location']!).searchParams.get('error_description')).toContain('as strongly');
    service.provider.lies = { claims: { acr: 'phr' } };
    const code = new URL(
      (await throughProvider(service, `${cliLogin()}&acr_values=phr`)).headers['location']!,
    ).searchParams.get('code')!;
    expect((await exchange(service, { code })).status).toBe(200);
    expect(await service.sessions.list()).toMatchObject([{ identity: { acr: 'phr' } }]);
  });

  it.each([
    'max_age=',
    'max_age=-1',
    'max_age=5m',
    'max_age=1e3',
    'max_age=99999999',
    'max_age=1&max_age=2',
    'acr_values=',
    'acr_values=a++b',
    `acr_values=${'a+'.repeat(11)}b`,
    `acr_values=${'a'.repeat(201)}`,
    'acr_values=%00',
    'acr_values=a%0Ab',
  ])('refuses %s', async (query) => {
    expect((await service.browser.get(`/.sallyport/login?${query}`)).status).toBe(400);
    expect(service.provider.calls).toEqual([]);
  });
});
