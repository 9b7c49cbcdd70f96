import { describe, expect, it } from '@jest/globals';
import {
  arrives,
  expectEffect,
  expectWebAccepted,
  expectWebRefused,
  expectWebUnparsable,
  sendWeb,
  webBytes,
  type Effect,
} from '../fixtures/web-attack.ts';
import { webFixture } from '../fixtures/web-fixture.ts';

const goesElsewhere: Effect = (_seen, foreignHosts) => foreignHosts.length > 0;
const reachesAdmin: Effect = ([seen]) => seen?.path.startsWith('/admin') === true;

const foreign: [string, Effect | undefined][] = [
  ['//evil.example/x', goesElsewhere],
  ['/\\evil.example/x', goesElsewhere],
  ['//evil.example:80\\@app.example.test/', goesElsewhere],
  ['http://evil.example/x', goesElsewhere],
  ['https://user:pass@evil.example/x', goesElsewhere],
  ['http://app.example.test/page', goesElsewhere],
  ['ftp://evil/x', undefined],
  ['*', undefined],
];
const anyEffect: Effect = (seen, foreignHosts) => seen.length + foreignHosts.length > 0;
/** Each is judged as something else than /admin, and is /admin for an application that is a little lax. */
const unclear: [string, string][] = [
  ['..', '/public/../admin'],
  ['.. at the start', '/../admin'],
  ['.', '/./admin'],
  ['%2e%2e', '/public/%2e%2e/admin'],
  ['%2E.', '/public/%2E./admin'],
  ['%252e%252e', '/public/%252e%252e/admin'],
  ['%25252e.', '/public/%25252e./admin'],
  ['..;', '/public/..;/admin'],
  ['..;x=y', '/public/..;x=y/admin'],
  ['%2e%2e;', '/public/%2e%2e;/admin'],
  ['..%3b', '/public/..%3b/admin'],
  ['.;', '/.;/admin'],
  ['..%2509', '/public/..%2509/admin'],
  ['..%25250a', '/public/..%25250a/admin'],
  ['a segment of parameters only', '/;x/admin'],
  ['a segment of parameters only, escaped twice', '/%253bx/admin'],
  ['an empty segment', '//admin'],
  ['an empty segment in between', '/public//../admin'],
  ['%2f', '/public%2f..%2fadmin'],
  ['%2F at the start', '/%2Fadmin'],
  ['%252f..%252f', '/public%252f..%252fadmin'],
  ['%252f at the start', '/%252fadmin'],
  ['%25252f', '/admin%25252fx'],
  ['%5c', '/%5cadmin'],
  ['%255c', '/%255cadmin'],
  ['%5c..%5c', '/public%5c..%5cadmin'],
  ['a backslash', '/public\\..\\admin'],
];
const malformed = [
  '/%',
  '/%a',
  '/%zz',
  '/%ff',
  '/%c0%af',
  '/%ed%a0%80',
  '/%00',
  '/a%0ab',
  '/a%0d',
  '/a%7f',
  '/a#b',
  '/..%2500/a',
];

export function attackWebTargets(): void {
  describe('W15: a request target that names another host', () => {
    it.each(foreign)('(%s) is refused', async (target, effect) => {
      await expectWebRefused({ target }, 400, { says: /path/, ...(effect ? { effect } : {}) });
    });

    it('in front of the path of the gateway itself does not lead there', async () => {
      const target = '//evil.example/.sallyport/logout';
      await expectWebRefused({ target }, 400, { says: /path/ });
      expect((await sendWeb(webBytes({ target: '/.sallyport/logout' }))).code).toBe(303);
    });

    it('in the Host line of another application is that application, and its policy', async () => {
      await expectWebRefused({ host: 'other', cookie: webFixture().cookies.alice }, 401, { effect: arrives });
      await expectWebRefused({ rawHost: 'OTHER.example.test:1' }, 401);
    });

    it.each(['evil.example', 'app.example.test.evil.example', 'app.example.test.', '127.0.0.1'])(
      'in a Host line that no application has (%s) reaches none',
      async (rawHost) => {
        const before = webFixture().app.requests.length;
        const reply = await sendWeb(webBytes({ rawHost }));
        expect([401, 404]).toContain(reply.code);
        expect(webFixture().app.requests).toHaveLength(before);
      },
    );

    it.each(['app.example.test@evil.example', 'app.example.test, evil.example', 'app.example.test/x', ''])(
      'in a Host line with two readings (%s) reaches none',
      async (rawHost) => {
        const before = webFixture().app.requests.length;
        expect((await sendWeb(webBytes({ rawHost }))).code).toBe(400);
        expect(webFixture().app.requests).toHaveLength(before);
      },
    );
  });

  describe('W16: a path that is another one for a lax application', () => {
    it.each(unclear)('(%s) is refused', async (_what, target) => {
      await expectWebRefused({ target }, 400, { says: /path/ });
      await expectEffect(
        webBytes({ target }),
        target.includes('\\') || target.startsWith('//') ? anyEffect : reachesAdmin,
      );
    });

    it('longer than a head may be is not HTTP', () => expectWebUnparsable({ target: `/${'a'.repeat(70_000)}` }, 431));

    it.each(malformed)('is refused if it is malformed (%s)', async (target) => {
      await expectWebRefused({ target }, 400, { says: /path|escape/ });
    });

    it.each(['/é', '/a b', '/\u0001'])('with a raw byte (%j) is refused or not HTTP', async (target) => {
      const before = webFixture().app.requests.length;
      const reply = await sendWeb(webBytes({ target }));
      expect(reply.code).toBe(400);
      expect(webFixture().app.requests).toHaveLength(before);
    });

    it.each(['/admin', '/%61dmin', '/%61%64%6d%69%6e/x', '/admin;x', '/admin?/public'])(
      '(%s) is judged as what it is, and refused by the policy',
      async (target) => {
        await expectWebRefused({ target }, 403, { effect: reachesAdmin });
      },
    );

    it.each(['/admin%2Fx', '/%61dmin%2fx'])(
      '(%s) is refused by the policy where escaped slashes are allowed, because one reading of it is',
      async (target) => {
        const { cookies } = webFixture();
        await expectWebRefused({ host: 'tool', cookie: cookies.tool, target }, 403, { effect: reachesAdmin });
      },
    );

    it.each([
      '/%2Fadmin',
      '/public%2F..%2Fadmin',
      '/public%2F%252e%252e%2Fadmin',
      '/public/..%2Fadmin',
      '/a%252Fb',
      '/public/..%2509/a',
    ])('(%s) is refused also where escaped slashes are allowed', async (target) => {
      const { cookies } = webFixture();
      await expectWebRefused({ host: 'tool', cookie: cookies.tool, target }, 400, { says: /path/, effect: arrives });
    });

    it('(an escaped slash) reaches the application byte for byte where it is allowed', async () => {
      const target = '/api/v4/projects/group%2fproject/issues';
      const { request } = await expectWebAccepted({ host: 'tool', cookie: webFixture().cookies.tool, target });
      expect(request.connection.bytes().toString('latin1')).toContain(`GET ${target} HTTP/1.1\r\n`);
      await expectWebRefused({ target }, 400, { says: /path/ });
    });

    it.each([
      '/%70age',
      '/job/feature%252Ffix',
      '/;jsessionid=1',
      '/a;v=1/b',
      '/a%20b',
      '/%C3%A9',
      '/a%3Ab/%25',
      '/100%25',
      '/a...b/..c/.d',
      '/page/?a=/../admin&b=%2e%2e%2f&c=;&d=',
    ])('(%s) that every application reads alike reaches it byte for byte', async (target) => {
      const { request } = await expectWebAccepted({ target });
      expect(request.url).toBe(target);
      expect(request.connection.bytes().toString('latin1')).toContain(`GET ${target} HTTP/1.1\r\n`);
    });
  });
}
