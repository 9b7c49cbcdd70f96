import { beforeEach, describe, expect, it } from '@jest/globals';
import { callerHeader } from '../testing/caller-header.ts';
import { createBrowser } from '../testing/test-browser.ts';
import { gateway } from '../testing/test-config.ts';
import { cliCode, exchange, throughProvider } from '../testing/test-login.ts';
import { createTestService, type TestService } from '../testing/test-service.ts';
import { issuer } from '../testing/test-provider.ts';

let service: TestService;
let heard: string[];
beforeEach(async () => {
  service = await createTestService();
  heard = [];
  service.sessions.onChange(({ sessionId }) => heard.push(sessionId));
});
const asJson = { accept: 'application/json' };
const browserLogin = async (browser = createBrowser(service.app)) => {
  await throughProvider(service, '/.sallyport/login', undefined, browser);
  return { browser, session: (await service.sessions.list()).at(-1)! };
};
const cliLogin = async () => {
  await exchange(service, { code: await cliCode(service) });
  return (await service.sessions.list()).at(-1)!;
};
const ids = async () => (await service.sessions.list()).map(({ id }) => id);
const bob = { claims: { sub: 'sub-bob', email: 'bob@example.com' } };

describe('a browser that opens the address of the logout', () => {
  it('is asked first, and told if it is not logged in', async () => {
    const { browser, session } = await browserLogin();
    const page = await browser.get('/.sallyport/logout', callerHeader({ id: session.id, kind: 'browser' }));
    expect([page.status, page.headers['set-cookie']]).toEqual([200, undefined]);
    expect(page.text).toContain('<form method="post" action="/.sallyport/logout">');
    expect(await ids()).toEqual([session.id]);
    expect((await browser.get('/.sallyport/logout')).text).toContain('You are logged out');
  });
});

describe('a browser that logs out', () => {
  const logOut = async (headers: Record<string, string> = {}) => {
    const { browser, session } = await browserLogin();
    return {
      session,
      answer: await browser.post('/.sallyport/logout', {
        ...callerHeader({ id: session.id, kind: 'browser' }),
        origin: gateway,
        ...headers,
      }),
    };
  };
  const addressOf = (answer: { headers: Record<string, string> }) => {
    const refresh = answer.headers['refresh'];
    return refresh === undefined ? undefined : new URL(/^0; url=(https:\S+)$/.exec(refresh)![1]!);
  };

  it('goes to the provider with its own ID token, and returns to a page that ends nothing', async () => {
    const { answer, session } = await logOut();
    expect(answer.status).toBe(200);
    expect(await ids()).toEqual([]);
    const url = addressOf(answer)!;
    expect(`${url.origin}${url.pathname}`).toBe('https://idp.example.com/logout');
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'id_token_hint', 'post_logout_redirect_uri']);
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${gateway}/.sallyport/signed-out`);
    const hint = JSON.parse(
      Buffer.from(url.searchParams.get('id_token_hint')!.split('.')[1]!, 'base64url').toString(),
    ) as object;
    expect(hint).toMatchObject({ sub: 'sub-alice', sid: session.sid });
    expect(answer.text).toContain(`href="${url.href.replaceAll('&', '&amp;')}"`);

    const { browser, session: other } = await browserLogin();
    const back = await browser.get('/.sallyport/signed-out?state=x', callerHeader({ id: other.id, kind: 'browser' }));
    expect([back.status, back.headers['set-cookie'], back.headers['refresh']]).toEqual([200, undefined, undefined]);
    expect(back.text).toContain('You are logged out');
    expect(await ids()).toEqual([other.id]);
  });

  it('sends a logout hint if the ID token is too long for a URL, or is not stored', async () => {
    service.provider.lies = { claims: { note: 'x'.repeat(5000) } };
    expect(Object.fromEntries(addressOf((await logOut()).answer)!.searchParams)).toEqual({
      client_id: 'sallyport',
      logout_hint: 'sub-alice',
      post_logout_redirect_uri: `${gateway}/.sallyport/signed-out`,
    });
    service = await createTestService();
    const { browser, session } = await browserLogin();
    await service.tokenStorage.tokens.forget(session.id);
    const answer = await browser.post('/.sallyport/logout', {
      ...callerHeader({ id: session.id, kind: 'browser' }),
      origin: gateway,
    });
    expect(addressOf(answer)!.searchParams.get('logout_hint')).toBe('sub-alice');
  });

  it('is logged out here if the provider has no end session endpoint, is down, or must not be asked', async () => {
    service.provider.lies = { discovery: { end_session_endpoint: undefined } };
    const without = await logOut();
    expect([addressOf(without.answer), without.answer.status]).toEqual([undefined, 200]);
    service = await createTestService();
    const { browser, session } = await browserLogin();
    service.clock.now += 3_600_001;
    service.provider.lies = { intercept: () => new Promise<Response>(() => {}) };
    const from = performance.now();
    const answer = await browser.post('/.sallyport/logout', {
      ...callerHeader({ id: session.id, kind: 'browser' }),
      origin: gateway,
    });
    expect([answer.status, addressOf(answer), await ids()]).toEqual([200, undefined, []]);
    expect(performance.now() - from).toBeLessThan(20_000);
    service = await createTestService({
      identity: {
        providers: [{ id: 'corp', issuer, clientId: 'sallyport', clientSecret: 's3cr3t', endSession: false }],
      },
    });
    expect(addressOf((await logOut()).answer)).toBeUndefined();
  });

  it('is refused from another page, and stays logged in', async () => {
    const { answer } = await logOut({ origin: 'https://evil.example' });
    expect(answer.status).toBe(403);
    expect(answer.headers['refresh']).toBeUndefined();
    expect(await ids()).toHaveLength(1);
  });
});

describe('a program that logs out', () => {
  it("ends its own session, or all of the user's with its own last, and no other user's", async () => {
    const [one, two, three] = [await cliLogin(), await cliLogin(), await cliLogin()];
    service.provider.lies = bob;
    const bobs = await cliLogin();
    const logOut = (id: string, query = '') =>
      service.browser.post(`/.sallyport/logout${query}`, { ...asJson, ...callerHeader({ id }) });
    expect((await logOut(one.id)).status).toBe(204);
    expect(await ids()).toEqual([two.id, three.id, bobs.id]);
    expect((await logOut(two.id, '?everywhere=maybe')).status).toBe(400);
    expect((await logOut(two.id, '?everywhere=true')).status).toBe(204);
    expect(await ids()).toEqual([bobs.id]);
    expect(heard).toEqual([one.id, three.id, two.id]);
    expect(service.events('session.revoked').map(({ data }) => data.sallyport.detail)).toEqual([
      'logout',
      'logout everywhere',
      'logout',
    ]);
  });
});
