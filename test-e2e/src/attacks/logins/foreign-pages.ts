import { describe, expect, it } from '@jest/globals';
import { httpRequestOnce } from '../../harness/index.ts';
import { loginFixture } from '../fixtures/login-fixture.ts';

const challenge = { state: 'long-enough', code_challenge: 'A'.repeat(43), code_challenge_method: 'S256' };
const ways: [string, Record<string, string>, RegExp][] = [
  ['a browser', {}, /this browser will be logged in/],
  ['a program', { redirect_uri: 'http://127.0.0.1:4321/', ...challenge }, /127\.0\.0\.1:4321/],
  ['a Pomerium client', { pomerium_redirect_uri: 'http://localhost:4321/' }, /localhost:4321/],
  ['a pasted code', { redirect_uri: 'urn:ietf:wg:oauth:2.0:oob', ...challenge }, /shows a code/],
  ['a device', { user_code: 'BCDF-GHJK' }, /which device/],
];
const ask = (query: Record<string, string>, headers: Record<string, string>) =>
  httpRequestOnce(
    `${loginFixture().gateway.pagesUrl}/.sallyport/login?${new URLSearchParams({ provider: 'one', ...query }).toString()}`,
    { headers: { accept: 'text/html', ...headers } },
  );

export function attackSilentLogins(): void {
  describe('S26: a page of another site', () => {
    it.each(ways)('that sends a browser to log in (%s) causes a confirmation first', async (_way, query, says) => {
      const { one } = loginFixture();
      const calls = one.calls.length;
      for (const site of ['cross-site', 'same-site']) {
        const page = await ask(query, {
          'sec-fetch-site': site,
          'sec-fetch-mode': 'navigate',
          'sec-fetch-dest': 'document',
        });
        expect([page.status, page.headers['location'], page.headers['set-cookie']]).toEqual([
          200,
          undefined,
          undefined,
        ]);
        expect(page.text).toContain('<h1>Log in?</h1>');
        expect(page.text).toMatch(says);
      }
      expect(one.calls.length).toBe(calls);
    });

    it.each(ways.slice(0, 3))(
      'does not hinder people who log in themselves (%s): by the link on the page, the address bar, a program or an old browser',
      async (_way, query) => {
        const { one } = loginFixture();
        const link = /<a class="act" href="([^"]+)"/
          .exec((await ask(query, { 'sec-fetch-site': 'cross-site' })).text)![1]!
          .replaceAll('&amp;', '&');
        const clicked = await httpRequestOnce(`${loginFixture().gateway.pagesUrl}${link}`, {
          headers: { accept: 'text/html', 'sec-fetch-site': 'same-origin' },
        });
        for (const sent of [clicked, await ask(query, { 'sec-fetch-site': 'none' }), await ask(query, {})])
          expect([sent.status, new URL(String(sent.headers['location'])).origin]).toEqual([302, one.issuer]);
      },
    );

    it("cannot bypass it with the gateway's other address or with another kind of request", async () => {
      const { gateway } = loginFixture();
      const there = await gateway.request('/.sallyport/login?provider=one', {
        headers: { accept: 'text/html', 'sec-fetch-site': 'cross-site' },
      });
      expect([there.status, new URL(String(there.headers['location'])).origin]).toEqual([302, gateway.pagesUrl]);
      for (const headers of [{ accept: '*/*' }, { accept: 'text/html,application/json' }, { accept: '' }])
        expect((await ask({}, { 'sec-fetch-site': 'cross-site', ...headers })).headers['location']).toBeUndefined();
      expect((await ask({}, { 'sec-fetch-site': 'none, cross-site' })).text).toContain('<h1>Log in?</h1>');
      for (const method of ['POST', 'HEAD'])
        expect(
          (
            await httpRequestOnce(`${gateway.pagesUrl}/.sallyport/login?provider=one`, {
              method,
              headers: { 'sec-fetch-site': 'cross-site' },
            })
          ).status,
        ).toBe(405);
    });
  });
}
