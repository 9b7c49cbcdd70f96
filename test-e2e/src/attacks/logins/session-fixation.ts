import { describe, expect, it } from '@jest/globals';
import { createPlainBrowser } from '../../harness/index.ts';
import { exchangeCode, loginFixture, logInAtProvider, statusAt, tokenAt } from '../fixtures/login-fixture.ts';

const sessionCookie = 'sallyport-demo';
const fresh = () => createPlainBrowser({ ca: loginFixture().gateway.caPem });
const logInWith = async (browser: ReturnType<typeof fresh>) => {
  expect(
    (await browser.go(`${loginFixture().gateway.pagesUrl}/.sallyport/login?provider=one&return_to=/.sallyport/me`))
      .answer.status,
  ).toBe(200);
  return browser.jar.get(sessionCookie)!.value;
};

export function attackFixation(): void {
  describe('A25: a session', () => {
    it.each([
      ["of the attacker's own making", async () => `spt_${'A'.repeat(43)}`],
      ["that is the attacker's live one", async () => (await tokenAt('two')).token],
      ['that is no token', async () => 'x'.repeat(5000)],
    ])('planted in a browser (%s) is not used when its owner logs in', async (_what, make) => {
      const planted = await make();
      const browser = fresh();
      browser.jar.set(sessionCookie, { value: planted, path: '/' });
      const token = await logInWith(browser);
      expect(token).not.toBe(planted);
      const { gateway } = loginFixture();
      const me = await gateway.request('/.sallyport/me', { token: planted });
      if (me.status === 200) expect(me.json()['provider']).toBe('two');
      else expect(me.status).toBe(401);
    });

    it('has a new token and a new id each time, and the previous one in this browser ends', async () => {
      const { gateway } = loginFixture();
      const from = Date.now();
      const browser = fresh();
      const first = await logInWith(browser);
      const second = await logInWith(browser);
      expect(second).not.toBe(first);
      const statusOf = async (token: string) =>
        (await gateway.request('/.sallyport/api/v1/clusters', { headers: { cookie: `__Host-sallyport=${token}` } }))
          .status;
      expect([await statusOf(first), await statusOf(second)]).toEqual([401, 200]);
      // A browser's login is for its cookie. As a bearer token, it opens no cluster.
      expect(await statusAt(second)).toBe(401);
      const logins = await gateway.audit.await(
        ({ type, time }) => type === 'session.login' && Date.parse(time) >= from,
        2,
      );
      const ids = logins.map(({ data }) => data.sallyport.sessionId);
      expect(new Set(ids).size).toBe(ids.length);
    });

    it('planted under the name of a login cookie is not a login', async () => {
      const { gateway } = loginFixture();
      const there = createPlainBrowser({ ca: gateway.caPem, leaveAt: `${gateway.pagesUrl}/.sallyport/callback` });
      const { left } = await there.go(`${gateway.pagesUrl}/.sallyport/login?provider=one`);
      const [name] = [...there.jar.keys()];
      const victim = fresh();
      victim.jar.set(name!, { value: `${'A'.repeat(43)}.kx`, path: '/' });
      expect((await victim.go(left!)).answer.status).toBe(400);
      expect(victim.jar.has(sessionCookie)).toBe(false);
    });

    it('is not chosen by a program: no id, token or kind that it sends at the exchange is used', async () => {
      const login = await logInAtProvider();
      const { status, body } = await exchangeCode(login, {
        access_token: `spt_${'B'.repeat(43)}`,
        session_id: 'ses_chosen',
        sessionId: 'ses_chosen',
        kind: 'browser',
      });
      expect(status).toBe(200);
      expect([body.access_token, body.session!.id]).not.toContain(`spt_${'B'.repeat(43)}`);
      expect(body.session!.id).not.toBe('ses_chosen');
    });

    it('is in no URL of the login', async () => {
      const login = await logInAtProvider();
      expect(login.left!.href).not.toMatch(/spt_/);
      expect((await exchangeCode({ ...login, verifier: 'x'.repeat(43) })).status).toBe(400);
    });
  });
}
