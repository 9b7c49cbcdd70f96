import { describe, expect, it } from '@jest/globals';
import { acceptUpgrade, refuseUpgrade } from '../../harness/index.ts';
import { createRouteBrowser } from '../fixtures/route-browser.ts';
import {
  arrives,
  expectWebAccepted,
  expectWebRefused,
  sendWeb,
  webBytes,
  webSocketLines,
  type WebAttack,
} from '../fixtures/web-attack.ts';
import { originOf, routeCookieName, webFixture, webHosts } from '../fixtures/web-fixture.ts';

const post = ['Content-Length: 0'];
const foreign: [string, () => Pick<WebAttack, 'origin' | 'lines'>][] = [
  ['of another site', () => ({ origin: 'https://evil.example' })],
  ['of a sibling application', () => ({ origin: originOf('tool'), lines: ['Sec-Fetch-Site: same-site'] })],
  ['of the gateway itself', () => ({ origin: webFixture().gateway.url })],
  ['of the application over plain HTTP', () => ({ origin: originOf('app').replace('https', 'http') })],
  ['of the application on another port', () => ({ origin: originOf('app').replace(/\d+$/, '1') })],
  ['of a host that begins like it', () => ({ origin: `${originOf('app')}.evil.example` })],
  ['without an origin', () => ({ origin: undefined })],
  ['with the origin null', () => ({ origin: 'null' })],
  ['that claims the origin from another site', () => ({ lines: ['Sec-Fetch-Site: cross-site'] })],
  ['with two origins', () => ({ lines: ['Origin: https://evil.example'] })],
  ['with two sites', () => ({ lines: ['Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site: cross-site'] })],
];

function attackCookies(): void {
  it.each(foreign)('changes nothing for a page %s', async (_what, make) => {
    const { lines = [], ...more } = make();
    for (const method of ['POST', 'DELETE'])
      await expectWebRefused({ method, ...more, lines: [...lines, ...post] }, 403, { says: /must come from a page/ });
  });

  it.each(foreign)('opens no WebSocket for a page %s', async (_what, make) => {
    const { lines = [], ...more } = make();
    await expectWebRefused({ ...more, lines: [...webSocketLines, ...lines] }, 403, { effect: arrives });
  });

  it('is good for the pages of the application itself', async () => {
    await expectWebAccepted({ method: 'POST', lines: post });
    await expectWebAccepted({ method: 'POST', origin: 'null', lines: [...post, 'Sec-Fetch-Site: same-origin'] });
  });

  it('is good for no frame, script or form that a page of another site has without it', async () => {
    for (const lines of [
      ['Accept: text/html', 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe'],
      ['Accept: text/html', 'Sec-Fetch-Mode: no-cors', 'Sec-Fetch-Dest: script'],
      ['Accept: */*', 'Sec-Fetch-Mode: cors'],
    ])
      await expectWebRefused({ cookie: undefined, lines }, 401);
    await expectWebRefused({ cookie: undefined, method: 'POST', lines: ['Accept: application/json', ...post] }, 401);
  });

  it('does not log anyone out for another site, or for a script of the application', async () => {
    const { cookies, gateway } = webFixture();
    for (const origin of [originOf('app'), 'https://evil.example', originOf('tool'), 'null', undefined]) {
      const reply = await sendWeb(webBytes({ method: 'POST', target: '/.sallyport/logout', origin, lines: post }));
      expect([reply.code, reply.header('location')]).toEqual([303, [`${gateway.pagesUrl}/.sallyport/logout`]]);
      expect(reply.head).not.toMatch(/set-cookie|clear-site-data/i);
    }
    for (const origin of [originOf('app'), 'null']) {
      const { answer } = await webFixture().browsers.alice.go(`${gateway.pagesUrl}/.sallyport/logout`, {
        form: {},
        headers: { origin },
      });
      expect(answer.status).toBe(403);
    }
    await expectWebAccepted({ cookie: cookies.alice });
  });

  it('stays with the gateway, in every form, and the cookies of the application pass', async () => {
    const { cookies } = webFixture();
    const { request } = await expectWebAccepted({
      lines: [`Cookie: a=1; __Host-sallyport=${cookies.login};b="x y"; sallyport-demo=${cookies.login}; ; =c`],
    });
    const sent = request.connection.bytes().toString('latin1');
    for (const token of [cookies.alice, cookies.login]) expect(sent).not.toContain(token);
    expect(request.header('cookie').join('; ')).toMatch(/^theme=dark; a=1;b="x y"/);
  });
}

/** What a hostile application, or one whose users put headers into its responses, could try. */
const hostile: Record<string, string | string[]> = {
  'Set-Cookie': [
    'own=1; Path=/',
    `${routeCookieName}=planted; Path=/; Secure`,
    `${routeCookieName.toLowerCase()}=planted; Path=/; Secure`,
    `=${routeCookieName}=planted; Path=/; Secure`,
    ` \t${routeCookieName}=planted`,
    `${routeCookieName} =planted`,
    '__Host-sallyport-begin=planted; Path=/; Secure',
    '__Host-sallyport-return-x=planted; Path=/; Secure',
    '__Host-sallyport=planted; Path=/; Secure',
    'sallyport-demo=planted; Domain=127.0.0.1',
  ],
  'Clear-Site-Data': '"*"',
  'Alt-Svc': 'h3="evil.example:443"',
  'X-Accel-Redirect': '/internal/secret',
  'X-Sendfile': '/etc/passwd',
  'Surrogate-Control': 'max-age=9',
  'CDN-Cache-Control': 'public',
  'Cache-Control': 'public, s-maxage=600',
  'Proxy-Authenticate': 'Basic',
  'Audit-Id': 'planted',
  'Content-Security-Policy': "default-src 'self'",
  'X-Kept': '1',
};

function expectClean(head: string): void {
  const lines = head.split('\r\n').slice(1);
  const of = (name: string) =>
    lines.filter((line) => line.toLowerCase().startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim());
  expect(of('set-cookie')).toEqual(['own=1; Path=/']);
  expect(of('clear-site-data').join()).not.toMatch(/cookies|\*/);
  expect(head).not.toMatch(/planted|alt-svc|x-accel|x-sendfile|surrogate|cdn-cache|proxy-auth|public|s-maxage/i);
  expect([of('content-security-policy'), of('x-kept')]).toEqual([["default-src 'self'"], ['1']]);
}

function attackResponses(): void {
  it.each([200, 302, 401, 404, 500])('gets its answer %d cleaned', async (status) => {
    webFixture().app.answer((_request, response) =>
      response.writeHead(status, { ...hostile, Location: '/x' }).end('{}'),
    );
    const { reply } = await expectWebAccepted({}, status);
    expectClean(reply.head);
    expect(reply.header('cache-control')[0]).toMatch(/private/);
    expect(reply.header('location')).toEqual(['/x']);
  });

  it('is cleaned in its trailers', async () => {
    webFixture().app.answer((_request, response) => {
      response.writeHead(200, { Trailer: 'Set-Cookie' });
      response.write('{}');
      response.addTrailers([
        ['Set-Cookie', `${routeCookieName}=planted`],
        ['Set-Cookie', 'own=planted'],
        ['Clear-Site-Data', '"*"'],
        ['X-Kept', '1'],
      ]);
      response.end();
    });
    const reply = await sendWeb(webBytes({}), 700);
    expect(reply.text).toMatch(/X-Kept: 1/i);
    expect(reply.text).not.toMatch(/planted|clear-site-data/i);
  });

  it('is cleaned where it accepts or refuses a WebSocket', async () => {
    const lines = Object.entries(hostile).flatMap(([name, values]) =>
      [values].flat().map((value) => `${name}: ${value}`),
    );
    webFixture().app.answerUpgrade((request, socket) => {
      acceptUpgrade(request, socket, lines);
      socket.pipe(socket);
    });
    expectClean((await expectWebAccepted({ lines: webSocketLines }, 101)).reply.head);
    webFixture().app.answerUpgrade((_request, socket) => {
      socket.write(`HTTP/1.1 403 No\r\n${lines.join('\r\n')}\r\nContent-Length: 2\r\n\r\n`);
      socket.end('{}');
    });
    expectClean((await expectWebAccepted({ lines: webSocketLines }, 403)).reply.head);
    webFixture().app.answerUpgrade((_request, socket) => refuseUpgrade(socket, 200, {}, '{}'));
    expect((await expectWebAccepted({ lines: webSocketLines }, 200)).reply.closed).toBe(true);
  });
}

function attackByForeignPages(): void {
  it('that leads a browser to the login makes no session without a page that asks, and nothing that began is changed', async () => {
    const { gateway } = webFixture();
    const victim = createRouteBrowser(gateway);
    const way = await victim.go(`${originOf('app')}/mine`, { leaveAt: gateway.pagesUrl });
    const begun = new Map(victim.jar(webHosts.app));
    const { answer: page, url } = await victim.go(way.left!, {
      headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
    });
    expect([url, page.status, page.headers['set-cookie']]).toEqual([way.left, 200, undefined]);
    expect(page.text).toContain('<h1>Log in?</h1>');
    expect(page.text).toContain(`To open <strong>${new URL(originOf('app')).host}</strong>`);
    await victim.go(`${originOf('app')}/theirs`, { leaveAt: gateway.pagesUrl });
    for (const [name, value] of begun) expect(victim.jar(webHosts.app).get(name)).toBe(value);
  });

  it('that leads a logged-in browser to the way back gets a code for nobody: it is worth nothing there', async () => {
    const { gateway, browsers } = webFixture();
    const browser = browsers.alice;
    const challenge = 'A'.repeat(43);
    const way = `${gateway.pagesUrl}/.sallyport/route/${Buffer.from(webHosts.app).toString('base64url')}/${challenge}/tab`;
    const { left } = await browser.go(way, {
      headers: { 'sec-fetch-site': 'cross-site' },
      leaveAt: `${originOf('app')}/.sallyport/callback`,
    });
    const before = browser.jar(webHosts.app).get(routeCookieName);
    const { answer } = await browser.go(left!);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([400, undefined]);
    expect(browser.jar(webHosts.app).get(routeCookieName)).toBe(before);
  });

  it('cannot make a browser begin by a request that is not the opening of a page', async () => {
    for (const mode of ['cors', 'no-cors', 'websocket', 'same-origin'])
      await expectWebRefused({ cookie: undefined, lines: ['Accept: text/html', `Sec-Fetch-Mode: ${mode}`] }, 401);
  });

  it('gets no more than eight places to return to, so that it cannot fill the cookies of the host', async () => {
    const victim = createRouteBrowser(webFixture().gateway);
    for (let count = 0; count < 12; count += 1)
      await victim.go(`${originOf('app')}/${count}`, { leaveAt: webFixture().gateway.pagesUrl });
    expect(victim.jar(webHosts.app).size).toBe(9);
  });
}

export function attackWebBrowser(): void {
  describe('W43: the cookie of an application', attackCookies);
  describe('W45: an application that sets or clears cookies', attackResponses);
  describe('W50: a page of another site', attackByForeignPages);
}
