import { describe, expect, it } from '@jest/globals';
import { createPlainBrowser, rawExchange } from '../../harness/index.ts';
import { loginFixture } from '../fixtures/login-fixture.ts';

const challenge = { state: 'long-enough', code_challenge: 'A'.repeat(43), code_challenge_method: 'S256' };
const returns = [
  '//evil.example',
  '/\\evil.example',
  '/\\/evil.example',
  '\\\\evil.example',
  '/%09/evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  'https://evil.example',
  'HTTPS://evil.example',
  'https:evil.example',
  '/%2f/evil.example',
  '/.sallyport//evil.example',
  '/.sallyport/../clusters/dev',
  '/.sallyport/%2e%2e/x',
  '/.sallyport/me?next=//evil',
  '/.sallyport/me#//evil',
  '/.sallyport/me%0d%0aLocation:%20//evil',
  'javascript:alert(1)',
  'data:text/html,x',
  '/clusters/dev',
  '/?next=//evil',
  '',
  ' /.sallyport/me',
  '/.sallyport/me\u0000',
  '/.sallyport@evil.example/x',
  '/.sallyport/.%09./x',
  '/.sallyport',
];
const programs = [
  'https://evil.example/',
  'http://evil.example/',
  'http://127.0.0.1.evil.example:80/',
  'http://127.0.0.1@evil.example/',
  'http://127.0.0.1:1@evil.example/',
  'http://evil.example@127.0.0.1:1/',
  'http://127.0.0.1:1#@evil.example/',
  'http://127.0.0.1:1/\\@evil.example',
  'http://127.0.0.1',
  'http://127.0.0.1/',
  'http://127.0.0.1:0/',
  'http://127.0.0.1:65536/',
  'http://127.0.0.1:01/',
  'http://localhost:1/',
  'http://localhost.evil.example:1/',
  'http://127.1:1/',
  'http://2130706433:1/',
  'http://0x7f.0.0.1:1/',
  'http://0177.0.0.1:1/',
  'http://[::ffff:127.0.0.1]:1/',
  'http://[::1]:1/../x',
  'http://127.0.0.1:1/%2e%2e/x',
  'http://127.0.0.1:1/a?b',
  'http://127.0.0.1:1/#f',
  'http://127.0.0.1:1/a b',
  'http://127.0.0.1:1/\r\nX: y',
  'https://127.0.0.1:1/',
  '//127.0.0.1:1/',
  'HTTP://127.0.0.1:1/',
  'javascript:alert(1)//http://127.0.0.1:1/',
  'http://127.0.0.1:1/a\u00e4',
  `http://127.0.0.1:1/${'a'.repeat(2000)}`,
];

const ask = async (query: Record<string, string>) => {
  const { gateway, one } = loginFixture();
  const from = one.calls.length;
  const page = await createPlainBrowser({ ca: gateway.caPem, leaveAt: one.issuer }).go(
    `${gateway.pagesUrl}/.sallyport/login?${new URLSearchParams({ provider: 'one', ...query }).toString()}`,
  );
  return { page, asked: one.calls.length - from };
};

export function attackReturnAddresses(): void {
  describe('A26: a return URL', () => {
    it.each(returns)('%j of a browser is refused before any redirect', async (returnTo) => {
      const { page, asked } = await ask({ return_to: returnTo });
      expect([page.answer.status, page.left, page.answer.headers['location'], asked]).toEqual([
        400,
        undefined,
        undefined,
        0,
      ]);
      expect(page.answer.headers['set-cookie']).toBeUndefined();
    });

    it.each(programs)('%j of a program is refused before any redirect', async (redirectUri) => {
      const { page, asked } = await ask({ redirect_uri: redirectUri, ...challenge });
      expect([page.answer.status, page.left, page.answer.headers['location'], asked]).toEqual([
        400,
        undefined,
        undefined,
        0,
      ]);
    });

    it('of both kinds at once is refused, and so is one that appears twice', async () => {
      expect(
        (await ask({ return_to: '/.sallyport/me', redirect_uri: 'http://127.0.0.1:1/', ...challenge })).page.answer
          .status,
      ).toBe(400);
      const { gateway } = loginFixture();
      const twice = await createPlainBrowser({ ca: gateway.caPem }).go(
        `${gateway.pagesUrl}/.sallyport/login?provider=one&return_to=/.sallyport/me&return_to=//evil.example`,
      );
      expect(twice.answer.status).toBe(400);
    });

    it.each(['evil.example', '127.0.0.1:1', 'evil.example:443, 127.0.0.1'])(
      'does not depend on the Host line (%s)',
      async (host) => {
        const { gateway, one } = loginFixture();
        const { text } = await rawExchange(
          gateway.url,
          gateway.caPem,
          `GET /.sallyport/login?provider=one HTTP/1.1\r\nHost: ${host}\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: http\r\nForwarded: host=evil.example\r\nConnection: close\r\n\r\n`,
        );
        expect(text).toMatch(/^HTTP\/1\.1 (?:302|4\d\d) /);
        const location = /^location: (.*)$/im.exec(text)?.[1]?.trim();
        if (location !== undefined) expect([gateway.pagesUrl, one.issuer]).toContain(new URL(location).origin);
        expect(text).not.toMatch(/^location:.*evil/im);
      },
    );
  });
}
