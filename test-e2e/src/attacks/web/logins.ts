import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createRouteBrowser, type RouteBrowser } from '../fixtures/route-browser.ts';
import { expectWebRefused, sendWeb, webBytes } from '../fixtures/web-attack.ts';
import { beginCookieName, originOf, routeCookieName, webFixture, webHosts } from '../fixtures/web-fixture.ts';

const fresh = () => createRouteBrowser(webFixture().gateway);
const sessionOf = (browser: RouteBrowser) => browser.jar(webHosts.app).get(routeCookieName);
const invented = (prefix = '') => `${prefix}${randomBytes(32).toString('base64url')}`;

/** Returns the address by which a logged-in browser comes back to the application, without opening it. */
async function comeBack(browser: RouteBrowser, target = '/'): Promise<string> {
  const { left } = await browser.go(`${originOf('app')}${target}`, {
    leaveAt: `${originOf('app')}/.sallyport/callback`,
  });
  expect(left).toContain('/.sallyport/callback?code=');
  return left!;
}

/** Returns a browser that is logged in at the gateway, and not at any application. */
function atGateway(name: 'alice' | 'eve'): RouteBrowser {
  const browser = fresh();
  const host = '127.0.0.1';
  for (const [cookie, value] of webFixture().browsers[name].jar(host)) browser.jar(host).set(cookie, value);
  return browser;
}

function attackCodes(): void {
  it("of an attacker cannot be completed in a victim's browser, even if that has begun one too", async () => {
    const [attacker, victim] = [atGateway('eve'), fresh()];
    const link = await comeBack(attacker);
    expect((await victim.go(link)).answer.status).toBe(400);
    await victim.go(`${originOf('app')}/`, { leaveAt: webFixture().gateway.pagesUrl });
    expect(victim.jar(webHosts.app).has(beginCookieName)).toBe(true);
    const again = await comeBack(attacker);
    expect((await victim.go(again)).answer.status).toBe(400);
    expect(sessionOf(victim)).toBeUndefined();
    // It is used up, so that it is worth nothing in the right browser either.
    expect((await attacker.go(again)).answer.status).toBe(400);
  });

  it('can be completed once', async () => {
    const browser = atGateway('alice');
    const link = await comeBack(browser);
    const begun = new Map(browser.jar(webHosts.app));
    expect((await browser.go(link)).answer.status).toBe(200);
    const again = fresh();
    for (const [name, value] of begun) again.jar(webHosts.app).set(name, value);
    expect((await again.go(link)).answer.status).toBe(400);
    expect(sessionOf(again)).toBeUndefined();
  });

  it('twenty times at once leaves one session at most', async () => {
    const browser = atGateway('alice');
    const link = await comeBack(browser);
    const cookies = [...browser.jar(webHosts.app)];
    const all = Array.from({ length: 20 }, () => fresh());
    for (const one of all) for (const [name, value] of cookies) one.jar(webHosts.app).set(name, value);
    await Promise.all(all.map((one) => one.go(link)));
    expect(all.filter((one) => sessionOf(one) !== undefined).length).toBeLessThanOrEqual(1);
  });

  it.each([
    ['two codes', (link: URL) => link.searchParams.append('code', 'x')],
    ['no code', (link: URL) => link.searchParams.delete('code')],
    ['an invented code', (link: URL) => link.searchParams.set('code', invented())],
    ['a code with a line break', (link: URL) => link.searchParams.set('code', 'x\r\ny')],
  ])('with %s is refused', async (_what, change) => {
    const browser = atGateway('alice');
    const link = new URL(await comeBack(browser));
    change(link);
    expect((await browser.go(link.href)).answer.status).toBe(400);
    expect(sessionOf(browser)).toBeUndefined();
  });

  it('is worth nothing at another application', async () => {
    const browser = atGateway('alice');
    const link = (await comeBack(browser)).replace(originOf('app'), originOf('tool'));
    for (const [name, value] of browser.jar(webHosts.app)) browser.jar(webHosts.tool).set(name, value);
    browser.jar(webHosts.tool).delete(routeCookieName);
    expect((await browser.go(link)).answer.status).toBe(400);
    expect(browser.jar(webHosts.tool).has(routeCookieName)).toBe(false);
  });

  it('with a secret that someone else knows or that appears twice is begun anew', async () => {
    for (const planted of ['', 'x', 'x'.repeat(5000), `${invented()}; ${beginCookieName}=${invented()}`]) {
      const reply = await sendWeb(
        webBytes({ cookie: undefined, lines: ['Accept: text/html', `Cookie: ${beginCookieName}=${planted}`] }),
      );
      expect(reply.code).toBe(302);
      const [, nonce] = new RegExp(`${beginCookieName}=([\\w-]{43});`).exec(reply.head) ?? [];
      expect([nonce === undefined, planted.includes(nonce ?? '-')]).toEqual([false, false]);
      expect(reply.head).not.toContain('x'.repeat(100));
    }
  });
}

function attackFixation(): void {
  describe('W25: a session', () => {
    it.each([
      ["of the attacker's own making", () => invented('spt_')],
      ["that is the attacker's live one", () => webFixture().cookies.eve],
      ['that is no token', () => 'x'.repeat(500)],
    ])('planted in a browser (%s) is replaced when its owner logs in', async (_what, make) => {
      const planted = make();
      const browser = atGateway('alice');
      const link = await comeBack(browser);
      browser.jar(webHosts.app).set(routeCookieName, planted);
      await browser.go(link);
      expect(sessionOf(browser)).toMatch(/^spt_[\w-]{43}$/);
      expect(sessionOf(browser)).not.toBe(planted);
    });

    it('has a new token and a new id each time', async () => {
      const { gateway } = webFixture();
      const browser = atGateway('alice');
      const tokens = new Set<string>();
      const from = Date.now();
      for (let round = 0; round < 3; round += 1) {
        browser.jar(webHosts.app).clear();
        await browser.go(`${originOf('app')}/`);
        tokens.add(sessionOf(browser)!);
      }
      expect(tokens.size).toBe(3);
      const events = await gateway.audit.await(
        ({ type, time, data }) =>
          type === 'route.session.started' && data.user.username === 'alice@example.com' && Date.parse(time) >= from,
        3,
      );
      expect(new Set(events.map(({ data }) => data.sallyport.sessionId)).size).toBe(events.length);
    });

    it('is in no address of the way back', async () => {
      const browser = atGateway('alice');
      const link = await comeBack(browser, '/deep?planted=1');
      expect(link).not.toMatch(/spt_|planted/);
      const { url } = await browser.go(link);
      expect(url).toBe(`${originOf('app')}/deep?planted=1`);
    });
  });
}

const targets = [
  '//evil.example',
  '/\\evil.example',
  'https://evil.example',
  '\t//evil.example',
  '/\t/evil.example',
  '/x\r\nSet-Cookie: a=b',
  'javascript:alert(1)',
  '',
  'é',
];

function attackReturns(): void {
  describe('W26: where a browser returns to', () => {
    it.each(targets)('%j is replaced by the start page', async (target) => {
      const browser = atGateway('alice');
      const link = await comeBack(browser);
      const jar = browser.jar(webHosts.app);
      for (const name of jar.keys())
        if (name.includes('-return-')) jar.set(name, Buffer.from(target, 'latin1').toString('base64url'));
      const { answer } = await browser.go(link, { leaveAt: 'h' });
      expect([answer.status, answer.headers['location']]).toEqual([302, '/']);
      expect(String(answer.headers['set-cookie'])).not.toContain('a=b');
    });

    it('is no other host, whatever the request says about its host', async () => {
      const reply = await sendWeb(
        webBytes({
          cookie: undefined,
          target: '/?next=//evil.example',
          lines: [
            'Accept: text/html',
            'X-Forwarded-Host: evil.example',
            'Forwarded: host=evil.example',
            'Sallyport-Route: https://evil.example',
            'Referer: https://evil.example/',
          ],
        }),
      );
      const { pagesUrl } = webFixture().gateway;
      expect(reply.header('location')[0]).toMatch(new RegExp(`^${pagesUrl}/\\.sallyport/route/`));
      expect(reply.head).not.toContain('evil');
    });

    it.each([
      'evil.example',
      '//evil.example',
      `${webHosts.app}.evil.example`,
      `${webHosts.app}@evil.example`,
      '__proto__',
    ])('is no application that the gateway does not have (%s), and a client cannot name one', async (host) => {
      const { gateway } = webFixture();
      const browser = atGateway('alice');
      const address = `${gateway.pagesUrl}/.sallyport/route/${Buffer.from(host).toString('base64url')}/${invented()}/tab`;
      const { answer } = await browser.go(address, { headers: { 'sallyport-route': 'https://evil.example' } });
      expect([answer.status, answer.headers['location']]).toEqual([404, undefined]);
    });

    it.each(['/..%2f..%2fevil', '/../../login', '//evil.example', '/x/y/z', '?code=1#', '%0d%0aX: y'])(
      'after a login is no address that only begins like the way back (%s)',
      async (rest) => {
        const { gateway } = webFixture();
        const way = `/.sallyport/route/${Buffer.from(webHosts.app).toString('base64url')}/${invented()}/tab${rest}`;
        const { answer } = await fresh().go(
          `${gateway.pagesUrl}/.sallyport/login?return_to=${encodeURIComponent(way)}`,
          { leaveAt: 'http' },
        );
        if (answer.status === 400) return;
        // An address of the gateway itself, which then refuses it.
        expect(new URL(String(answer.headers['location']), gateway.pagesUrl).hostname).toBe('127.0.0.1');
        const there = await atGateway('alice').go(`${gateway.pagesUrl}${way}`, { leaveAt: 'h' });
        expect(there.answer.status).toBeGreaterThanOrEqual(400);
      },
    );

    it('needs a login first, so that an anonymous page of another site mints no code', async () => {
      await expectWebRefused({ cookie: undefined, lines: ['Accept: text/html', 'Sec-Fetch-Mode: no-cors'] }, 401);
    });
  });
}

export function attackWebLogins(): void {
  describe('W23: a login at an application', attackCodes);
  attackFixation();
  attackReturns();
}
