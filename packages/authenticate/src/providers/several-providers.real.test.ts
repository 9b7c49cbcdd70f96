import { beforeEach, describe, expect, it } from '@jest/globals';
import { createBrowser } from '../testing/test-browser.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { createTestProvider, type TestProvider } from '../testing/test-provider.ts';

let service: TestService;
beforeEach(async () => {
  service = await createTestService();
});

describe('several providers', () => {
  const [a, b] = ['https://a.example', 'https://b.example'];
  let providers: Record<string, TestProvider>;
  const start = async (settings: { a?: object; b?: object; defaultProvider?: string } = {}) => {
    providers = { 'a.example': await createTestProvider(a), 'b.example': await createTestProvider(b) };
    const rest = settings.defaultProvider === undefined ? {} : { defaultProvider: settings.defaultProvider };
    service = await createTestService(
      {
        identity: {
          providers: [
            { id: 'a', name: 'Alpha & Sons', issuer: a, clientId: 'sallyport', clientSecret: 'x', ...settings.a },
            { id: 'b', issuer: b, clientId: 'sallyport', clientSecret: 'x', ...settings.b },
          ],
          ...rest,
        },
      },
      {
        fetch: (url, options) => providers[new URL(url).host]!.fetch(url, options),
      },
    );
  };
  const goesTo = async (path: string) => {
    const { status, headers } = await service.browser.get(path);
    return status === 302 ? new URL(headers['location']!).host : status;
  };
  const through = async (
    id: 'a' | 'b',
    change: (query: Record<string, string>) => Record<string, string> = (query) => query,
    browser = createBrowser(service.app),
  ) => {
    const there = await browser.get(`/.sallyport/login?provider=${id}`);
    const address = there.headers['location']!;
    const { searchParams } = new URL(address);
    const back = new URL(searchParams.get('redirect_uri')!).pathname;
    return browser.get(`${back}?${new URLSearchParams(change(providers[`${id}.example`]!.logIn(address))).toString()}`);
  };

  it('are chosen by the user, by the URL, by a domain, or by default', async () => {
    await start({ b: { domains: ['b.example.com'] } });
    const choice = await service.browser.get(
      '/.sallyport/login?return_to=%2F.sallyport%2Fme&login_hint=x%40c.example.com',
    );
    expect(choice.status).toBe(200);
    expect(choice.text).toContain('Alpha &amp; Sons <small>a.example</small>');
    expect(choice.text).toContain('return_to=%2F.sallyport%2Fme&amp;login_hint=x%40c.example.com&amp;provider=b');
    expect(await goesTo('/.sallyport/login?provider=b')).toBe('b.example');
    expect(await goesTo('/.sallyport/login?login_hint=alice%40B.example.com')).toBe('b.example');
    expect(await goesTo('/.sallyport/login?domain_hint=b.example.com')).toBe('b.example');
    expect(await goesTo('/.sallyport/login?domain_hint=b.example.com&provider=a')).toBe('a.example');
    expect(await goesTo('/.sallyport/login?provider=c')).toBe(404);
    await start({ defaultProvider: 'b' });
    expect(await goesTo('/.sallyport/login')).toBe('b.example');
    expect(await goesTo('/.sallyport/login?choose=true')).toBe(200);
  });

  it('keep users with the same names and subjects apart', async () => {
    await start();
    for (const id of ['a', 'b'] as const) expect((await through(id)).status).toBe(302);
    const all = await service.sessions.list();
    expect(all.map(({ identity: { issuer: of, subject } }) => `${of} ${subject}`).toSorted()).toEqual([
      `${a} sub-alice`,
      `${b} sub-alice`,
    ]);
    expect(await service.sessions.list({ issuer: a, subject: 'sub-alice' })).toHaveLength(1);
  });

  it('never share a name if one has a prefix, which the other cannot send', async () => {
    await start({ b: { prefix: { user: 'b:', groups: 'b:' } } });
    expect((await through('b')).status).toBe(302);
    expect((await service.sessions.list())[0]!.identity).toMatchObject({
      user: 'b:alice@example.com',
      groups: ['b:developers'],
    });
    providers['a.example']!.lies = { claims: { email: 'b:alice@example.com' } };
    expect((await through('a')).status).toBe(403);
    providers['a.example']!.lies = { claims: { groups: ['sales', 'b:developers'] } };
    expect((await through('a')).status).toBe(403);
    expect(await service.sessions.list()).toHaveLength(1);
  });

  it('keep their fallback names to themselves', async () => {
    await start({ a: { claims: { user: 'nick' } }, b: { userFallback: true, prefix: { user: 'guests:' } } });
    providers['a.example']!.lies = { claims: { nick: 'b:sub-alice' } };
    expect((await through('a')).status).toBe(403);
    providers['b.example']!.lies = { claims: { email: undefined } };
    expect((await through('b')).status).toBe(302);
    expect((await service.sessions.list())[0]!.identity.user).toBe('b:sub-alice');
  });

  it('answer only for themselves: a response of one does not complete a login with the other (RFC 9207)', async () => {
    await start();
    for (const iss of [b, 'https://c.example', ''])
      expect((await through('a', (query) => ({ ...query, iss }))).status).toBe(403);
    // A provider that does not announce `iss` is refused too if it sends another one.
    await start();
    providers['a.example']!.lies = { discovery: { authorization_response_iss_parameter_supported: undefined } };
    expect((await through('a', (query) => ({ ...query, iss: b }))).status).toBe(403);
    expect(providers['a.example']!.calls).not.toContain('/token');
    expect(await service.sessions.list()).toEqual([]);
  });

  it('use their own redirect URI if configured, and no other', async () => {
    await start({ b: { ownCallback: true } });
    const anonymous = { discovery: { authorization_response_iss_parameter_supported: undefined } };
    for (const provider of Object.values(providers)) provider.lies = anonymous;
    const unnamed = ({ iss: _iss, ...query }: Record<string, string>) => query;
    expect((await through('b', unnamed)).status).toBe(302);
    expect((await through('a', unnamed)).status).toBe(302);
    for (const [id, path] of [
      ['a', '/.sallyport/callback/b'],
      ['a', '/.sallyport/callback/a'],
      ['b', '/.sallyport/callback'],
    ] as const) {
      const browser = createBrowser(service.app);
      const address = (await browser.get(`/.sallyport/login?provider=${id}`)).headers['location']!;
      const before = providers[`${id}.example`]!.calls.length;
      const answer = await browser.get(
        `${path}?${new URLSearchParams(unnamed(providers[`${id}.example`]!.logIn(address))).toString()}`,
      );
      expect(answer.status).toBe(400);
      expect(providers[`${id}.example`]!.calls).toHaveLength(before);
    }
  });
});
