import { beforeAll, describe, expect, it } from '@jest/globals';
import { acceptUpgrade, createPlainBrowser, fillInForm } from '../../harness/index.ts';
import { bytesOf, exec, expectAccepted, expectRefused, pods, send, webSocket } from '../fixtures/attack.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

let cookieToken = '';
const cookie = (token = cookieToken) => `Cookie: __Host-sallyport=${token}; sallyport-demo=${token}`;
const foreign = [
  'https://evil.example',
  'null',
  'http://127.0.0.1',
  'https://127.0.0.1',
  'https://127.0.0.1.evil.example',
  'file://',
  '',
];

async function logInBrowser(): Promise<string> {
  const { gateway } = attackFixture();
  const browser = createPlainBrowser({ ca: gateway.caPem });
  await fillInForm(browser, `${gateway.pagesUrl}/.sallyport/login?return_to=/.sallyport/me`, {
    user: 'alice@example.com',
    password: 'alice',
  });
  return browser.jar.get('sallyport-demo')!.value;
}

const own = (path: string, lines: string[], method = 'GET') =>
  send(bytesOf({ method, target: path, authorization: undefined, lines }));

function attackCookies(): void {
  describe("A43: the browser's cookie", () => {
    beforeAll(async () => {
      cookieToken = await logInBrowser();
    });

    it('is ignored on the address of a cluster', async () => {
      await expectRefused({ authorization: undefined, lines: [cookie()] }, 401);
      await expectRefused(
        { authorization: undefined, host: 'dev.k8s.test', target: '/api/v1/pods', lines: [cookie()] },
        401,
      );
      await expectRefused(
        {
          method: 'POST',
          authorization: undefined,
          lines: [cookie(), `Origin: ${attackFixture().gateway.url}`, 'Content-Length: 0'],
        },
        401,
      );
    });

    it.each([[[]], [['Origin: https://evil.example']]])('opens no WebSocket (%j)', async (origin) => {
      await expectRefused({ target: exec, authorization: undefined, lines: [...webSocket, cookie(), ...origin] }, 401);
      await expectRefused(
        {
          target: exec,
          authorization: undefined,
          lines: [...webSocket, cookie(), `Origin: ${attackFixture().gateway.url}`],
        },
        401,
      );
      const reply = await own('/.sallyport/me', [...webSocket, cookie(), ...origin]);
      expect([reply.code, reply.closed]).toEqual([400, true]);
    });

    it('is not sent upstream next to a token', async () => {
      const { request } = await expectAccepted({ lines: [cookie()] });
      expect(request.connection.bytes().toString('latin1')).not.toContain(cookieToken);
    });

    it.each(foreign)('changes nothing for a page of %j', async (origin) => {
      for (const [method, path] of [
        ['POST', '/.sallyport/logout'],
        ['DELETE', '/.sallyport/api/v1/sessions/x'],
      ] as const) {
        const reply = await own(path, [cookie(), `Origin: ${origin}`, 'Content-Length: 0'], method);
        expect([method, reply.code]).toEqual([method, 403]);
        expect(reply.body).toContain('must come from the gateway');
        expect(reply.header('access-control-allow-origin')).toEqual([]);
      }
      expect((await own('/.sallyport/me', [cookie()])).code).toBe(200);
    });

    it('changes nothing without an origin, and the refusal is recorded', async () => {
      const from = Date.now();
      expect((await own('/.sallyport/logout', [cookie(), 'Content-Length: 0'], 'POST')).code).toBe(403);
      await attackFixture().gateway.audit.await(
        ({ type, time, data }) =>
          type === 'http.request' &&
          Date.parse(time) >= from &&
          data.requestURI === '/.sallyport/logout' &&
          data.responseStatus?.code === 403,
      );
      expect((await own('/.sallyport/me', [cookie()])).code).toBe(200);
    });

    it('is ignored if it appears twice', async () => {
      expect(
        (
          await own('/.sallyport/api/v1/sessions', [
            `Cookie: __Host-sallyport=${cookieToken}; __Host-sallyport=${attackFixture().tokens.bob}`,
          ])
        ).code,
      ).toBe(401);
    });

    it('lets no other site read a response', async () => {
      const reply = await own('/.sallyport/api/v1/sessions', [cookie(), 'Origin: https://evil.example']);
      expect(reply.head).not.toMatch(/access-control/i);
      const preflight = await own(
        '/.sallyport/api/v1/sessions',
        ['Origin: https://evil.example', 'Access-Control-Request-Method: DELETE'],
        'OPTIONS',
      );
      expect(preflight.head).not.toMatch(/access-control/i);
    });

    it.each([
      '/.sallyport/me/../../v1/sessions?all=true',
      '/.sallyport/me/%2e%2e/%2e%2e/v1/sessions',
      '/.sallyport/login/../../v1/sessions',
      '/.sallyport//me',
      '/.sallyport/me/',
      '/.sallyport/%6de',
      '/.sallyport/me;x',
    ])('cannot be used through %s', async (path) => {
      const reply = await own(path, [cookie()]);
      expect(reply.code).toBe(400);
      expect(reply.body).toContain('must be plain');
    });

    it.each([
      'Transfer-Encoding: identity, chunked',
      'Host: evil.example',
      'Connection: Cookie',
      'Impersonate-User: root',
    ])('opens no page for an ambiguous head (%s)', async (line) => {
      expect([400, 403]).toContain(
        (await own('/.sallyport/me', [cookie(), line], line.startsWith('Transfer') ? 'POST' : 'GET')).code,
      );
    });

    it('does not start or complete a login by HEAD, nor for a foreign return URL', async () => {
      for (const target of [
        '//evil.example',
        'https://evil.example',
        '/\\evil.example',
        '/clusters/dev',
        '/.sallyport/../x',
        '/.sallyport/me%0d%0aX: y',
      ]) {
        const reply = await own(`/.sallyport/login?return_to=${encodeURIComponent(target)}`, []);
        expect([target, reply.code]).toEqual([target, 400]);
      }
    });
  });
}

/** Headers that a page behind services/proxy could send in the name of the gateway. */
const speaksForOrigin: Record<string, string | string[]> = {
  'Set-Cookie': ['__Host-sallyport=evil; Path=/; Secure', 'sallyport-demo=evil'],
  'Set-Cookie2': 'a=b',
  'Clear-Site-Data': '"*"',
  'Service-Worker-Allowed': '/',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Credentials': 'true',
  'Access-Control-Allow-Methods': '*',
  'Access-Control-Expose-Headers': '*',
  'Content-Security-Policy': "default-src * 'unsafe-inline'",
  'Content-Security-Policy-Report-Only': 'x',
  'X-Content-Type-Options': 'none',
  'Strict-Transport-Security': 'max-age=0',
  'Alt-Svc': 'h2="evil:443"',
  'Report-To': '{}',
  'Reporting-Endpoints': 'a="https://evil"',
  NEL: '{}',
  'Cross-Origin-Resource-Policy': 'cross-origin',
  'WWW-Authenticate': 'Basic realm="gateway"',
  'Proxy-Authenticate': 'Basic',
  'Public-Key-Pins': 'x',
  'Origin-Agent-Cluster': '?0',
  'Set-Login': 'logged-out',
  'Accept-CH': 'x',
  'Speculation-Rules': '"x"',
  'Use-As-Dictionary': 'match="/*"',
  Server: 'evil',
  'Proxy-Connection': 'close',
  Refresh: '0; url=https://evil.example',
  SourceMap: 'https://evil.example/x',
  'X-SourceMap': '/x',
  'Timing-Allow-Origin': '*',
  'X-Accel-Redirect': '/internal/secret',
  'X-Sendfile': '/etc/passwd',
  'Surrogate-Control': 'max-age=9',
  'CDN-Cache-Control': 'public',
  'Login-Status': 'logged-out',
  'Activate-Storage-Access': 'load',
};

function expectClean(head: string): void {
  const lines = head
    .split('\r\n')
    .slice(1)
    .map((line) => line.toLowerCase());
  const names = lines.map((line) => line.split(':')[0]!);
  for (const name of Object.keys(speaksForOrigin)) {
    const kept = lines.filter((line) => line.startsWith(`${name.toLowerCase()}:`));
    if (name === 'Content-Security-Policy') expect(kept).toEqual(['content-security-policy: sandbox']);
    else if (name === 'X-Content-Type-Options') expect(kept).toEqual(['x-content-type-options: nosniff']);
    else expect([name, kept]).toEqual([name, []]);
  }
  expect(names).toContain('x-kept');
}

function attackAnswers(): void {
  describe("A44 and A45: a cluster that speaks for the gateway's origin", () => {
    it.each([
      [200, 'text/html'],
      [404, 'text/html'],
      [302, 'text/html'],
      [200, 'text/javascript'],
      [500, 'image/svg+xml'],
    ])('is cleaned (%d %s)', async (status, type) => {
      attackFixture().dev.answer((_request, response) =>
        response
          .writeHead(status, {
            ...speaksForOrigin,
            'X-Kept': '1',
            Connection: 'X-Hop',
            'X-Hop': '1',
            'Content-Type': type,
            Location: '/x',
          })
          .end('{"script":"<script>alert(1)</script>"}'),
      );
      const { reply } = await expectAccepted(
        { target: `${pods}/web/proxy/index.html`, lines: ['Origin: https://evil.example'] },
        status,
      );
      expectClean(reply.head);
      expect(reply.header('x-hop')).toEqual([]);
      expect(reply.body).toContain('<script>');
    });

    it('is cleaned in its trailers', async () => {
      attackFixture().dev.answer((_request, response) => {
        response.writeHead(200, { 'Content-Type': 'application/json', Trailer: 'Set-Cookie' });
        response.write('{}');
        response.addTrailers([
          ['Set-Cookie', '__Host-sallyport=evil'],
          ['Clear-Site-Data', '"*"'],
          ['X-Kept', '1'],
        ]);
        response.end();
      });
      const reply = await send(bytesOf({}), 700);
      expect(reply.text).toMatch(/X-Kept: 1/i);
      expect(reply.text).not.toMatch(/set-cookie|clear-site-data/i);
    });

    it('is cleaned when it accepts or refuses an upgrade', async () => {
      const lines = Object.entries({ ...speaksForOrigin, 'X-Kept': '1' }).flatMap(([name, values]) =>
        [values].flat().map((value) => `${name}: ${value}`),
      );
      attackFixture().dev.answerUpgrade((request, socket) => {
        acceptUpgrade(request, socket, lines);
        socket.pipe(socket);
      });
      expectClean((await expectAccepted({ target: exec, lines: webSocket }, 101)).reply.head);
      attackFixture().dev.answerUpgrade(
        (_request, socket) =>
          void socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n${lines.join('\r\n')}\r\n\r\n{}`),
      );
      expectClean((await expectAccepted({ target: exec, lines: webSocket }, 403)).reply.head);
    });
  });
}

export function attackBrowser(): void {
  attackCookies();
  attackAnswers();
}
