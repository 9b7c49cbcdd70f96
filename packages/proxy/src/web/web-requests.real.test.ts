import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { allowWeb, appHost, createWebRig, webHead, type WebRig } from '../testing/web-rig.ts';

let rig: WebRig;
afterEach(() => rig.close());

const start = async (options: object = {}) => {
  rig = await createWebRig((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      response.setHeader('set-cookie', [
        'app=1; Path=/',
        '__Host-sallyport-route=evil; Path=/; Secure',
        ' =__Host-sallyport-route=evil',
      ]);
      response.setHeader('clear-site-data', '"cookies", "cache"');
      response.setHeader('content-security-policy', "default-src 'self'");
      response.setHeader('alt-svc', 'h3=":443"');
      response.setHeader('nel', '{"report_to":"all","max_age":2592000}');
      response.setHeader('x-accel-redirect', '/secret');
      response.setHeader('service-worker-allowed', '/');
      response.setHeader('cache-control', 'public, max-age=60');
      response.end(`got ${Buffer.concat(chunks).length}`);
    });
  }, options);
  return rig;
};
const own = `Origin: https://${appHost}`;
const last = () => rig.asked.at(-1)!;
const bearer = 'Authorization: Bearer spt_x';

describe('a request to a web application', () => {
  it('is checked and forwarded with who asks, and without what the client says about that', async () => {
    await start();
    const answer = await rig.raw(
      webHead('GET', '/a/b?q=1', [
        'X-User: mallory',
        'X_User: mallory',
        'x.GROUPS: admins',
        'X-Forwarded-For: 6.6.6.6',
        'X_Forwarded_Host: evil.example',
        'X-Pomerium-Claim-Email: evil',
        'Forwarded: for=evil',
        'X-Request-Id: one',
        'Accept: a',
        'Accept: b',
      ]),
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(rig.checks[0]).toMatchObject({
      credential: { kind: 'token', hash: createHash('sha256').update('spt_x').digest('base64url') },
      target: { kind: 'route', host: appHost },
      request: { method: 'GET', path: '/a/b', host: appHost, ip: '127.0.0.1' },
    });
    expect(last().url).toBe('/a/b?q=1');
    const raw = last().rawHeaders;
    expect(raw.filter((_one, index) => index % 2 === 0 && /user|group/i.test(raw[index]!))).toEqual([
      'x-user',
      'x-groups',
    ]);
    expect(last().headers).toMatchObject({
      'x-user': 'alice@example.com',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': appHost,
      'x-forwarded-proto': 'https',
      'x-request-id': 'one',
    });
    expect(JSON.stringify(raw)).not.toMatch(/mallory|admins|6\.6\.6\.6|evil|sallyport-route/);
    expect(last().headersDistinct.accept).toEqual(['a', 'b']);
  });

  it('keeps the cookies of the application byte for byte, and loses those of the gateway', async () => {
    await start();
    await rig.raw(
      webHead('GET', '/', ['Cookie: a=1;  b="x y"; __Host-sallyport-route=spt_x; __Host-sallyport=t;c'], false),
    );
    expect(last().headers.cookie).toBe('a=1;  b="x y";c');
    // Pairs without a name, which a browser could send for a cookie that has none.
    for (const planted of ['=__Host-sallyport=t', ' = __Host-sallyport-route=t', '==__Host-sallyport-return-x=t'])
      await rig.raw(webHead('GET', '/', [`Cookie: a=1;${planted}; __Host-sallyport-route=spt_x`], false));
    expect(rig.asked.slice(-3).map(({ headers }) => headers.cookie)).toEqual(['a=1', 'a=1', 'a=1']);
  });

  it('gets a response without what an application must not set, and with everything else', async () => {
    await start();
    const answer = (await rig.raw(webHead('GET', '/'))).toLowerCase();
    expect(answer).toContain('set-cookie: app=1; path=/');
    expect(answer).toContain("content-security-policy: default-src 'self'");
    expect(answer).toContain('clear-site-data: "cache"');
    expect(answer).toContain('cache-control: max-age=60, private');
    expect(answer).not.toMatch(/evil|"cookies"|alt-svc|^nel:|x-accel|service-worker-allowed/m);
  });

  it('is refused where it asks for the script of a Service Worker in the root, unless the route allows it', async () => {
    await start();
    for (const line of ['Service-Worker: script', 'Sec-Fetch-Dest: serviceworker'])
      for (const path of ['/sw.js', '/', '/sw.js?x=/y/', '/?/y/'])
        expect(await rig.raw(webHead('GET', path, [line]))).toMatch(/^HTTP\/1.1 403 [\s\S]*allowServiceWorkers/);
    expect(rig.asked).toEqual([]);
    expect(await rig.raw(webHead('GET', '/x/sw.js', ['Service-Worker: script']))).toMatch(/^HTTP\/1.1 200/);
    expect(await rig.raw(webHead('GET', '/sw.js'))).toMatch(/^HTTP\/1.1 200/);
    await rig.close();
    await start({ route: { allowServiceWorkers: true } });
    const answer = await rig.raw(webHead('GET', '/sw.js', ['Service-Worker: script']));
    expect(answer).toMatch(/^HTTP\/1.1 200[\s\S]*service-worker-allowed: \//i);
  });

  it('lets no browser take the script of such a worker from what it keeps of another request', async () => {
    await start();
    const varies = async (path: string) =>
      /^vary: service-worker\r$/im.test(await rig.raw(webHead('GET', path, ['Sec-Fetch-Dest: empty'])));
    expect([await varies('/sw.js'), await varies('/?x'), await varies('/x/sw.js')]).toEqual([true, true, false]);
    await rig.close();
    await start({ route: { allowServiceWorkers: true } });
    expect(await varies('/sw.js')).toBe(false);
  });

  it('tells an application in plain http so, and takes only the cookie of such a route', async () => {
    await start({ route: { from: 'http://localhost:8080' } });
    const head = (cookie: string) =>
      webHead('GET', '/', [`Cookie: a=1; ${cookie}`], false).replace(`Host: ${appHost}`, 'Host: localhost:8080');
    expect(await rig.raw(head('sallyport-demo-route=spt_x'))).toMatch(/^HTTP\/1.1 200/);
    expect(last().headers).toMatchObject({
      cookie: 'a=1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'localhost:8080',
    });
    expect(await rig.raw(head('__Host-sallyport-route=spt_x'))).toMatch(/^HTTP\/1.1 401/);
    expect(rig.asked).toHaveLength(1);
  });

  it('has bodies of every form, and one length that the gateway has read', async () => {
    await start();
    expect(await rig.raw(`${webHead('POST', '/', [own, 'Content-Length: 3'])}abc`)).toContain('got 3');
    for (const method of ['POST', 'DELETE'])
      expect(
        await rig.raw(`${webHead(method, '/', [own, 'Transfer-Encoding: chunked'])}3\r\nabc\r\n0\r\n\r\n`),
      ).toContain('got 3');
    expect(await rig.raw(webHead('POST', '/', [own]))).toContain('got 0');
    expect(await rig.raw(`${webHead('PUT', '/', [own, 'Expect: 100-continue', 'Content-Length: 2'])}ab`)).toMatch(
      /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200/,
    );
    expect(rig.asked.every(({ headers }) => headers.expect === undefined)).toBe(true);
  });

  it('leaves events without its query or its cookie, and a write is recorded first', async () => {
    await start();
    await rig.raw(webHead('GET', '/search?secret=planted'));
    await until(() => rig.events.length === 2);
    expect(rig.events[0]).toMatchObject({
      type: 'http.request',
      data: {
        stage: 'RequestReceived',
        requestURI: '/search',
        verb: 'get',
        user: { username: 'alice@example.com' },
        sallyport: { route: `https://${appHost}`, sessionId: 'ses_1', request: { method: 'GET', queryLength: 14 } },
      },
    });
    expect(rig.events[1]!.data).toMatchObject({ stage: 'ResponseComplete', responseStatus: { code: 200 } });
    expect(JSON.stringify(rig.events)).not.toMatch(/planted|spt_x/);
    rig.kafka = 'down';
    expect(await rig.raw(webHead('POST', '/', [own, 'Content-Length: 0']))).toMatch(/^HTTP\/1.1 503/);
    expect(await rig.raw(webHead('GET', '/'))).toMatch(/^HTTP\/1.1 200/);
    rig.kafka = 'full';
    expect(await rig.raw(webHead('GET', '/'))).toMatch(/^HTTP\/1.1 503/);
    expect(rig.asked).toHaveLength(2);
  });
});

describe('a credential for a web application', () => {
  it('is the cookie, or the token of a program, which the application does not see', async () => {
    await start();
    rig.answer = () => allowWeb('cli');
    expect(await rig.raw(webHead('GET', '/', [bearer], false))).toMatch(/^HTTP\/1.1 200/);
    expect(last().headers.authorization).toBeUndefined();
  });

  it('leaves an Authorization header of the application alone', async () => {
    await start();
    await rig.raw(webHead('GET', '/', ['Authorization: Basic YTpi']));
    expect(last().headers.authorization).toBe('Basic YTpi');
  });

  it.each([
    ['a token next to the cookie', ['Authorization: Bearer spt_' + 'a'.repeat(43)], true, 400],
    ['two tokens', [bearer, bearer], false, 400],
    ['two cookies', ['Cookie: __Host-sallyport-route=spt_y'], true, 401],
    ['no credential', [], false, 401],
    ['the credential of the application only', ['Authorization: Basic YTpi'], false, 401],
    ["the cookie of the gateway's own host", ['Cookie: __Host-sallyport=spt_x'], false, 401],
    ['a token in the address', [], true, 400, `/?t=spt_${'a'.repeat(43)}`],
  ] as const)('is refused if it is %s', async (_what, lines, cookie, status, target: string = '/') => {
    await start();
    expect(await rig.raw(webHead('GET', target, lines, cookie))).toMatch(new RegExp(`^HTTP/1.1 ${status}`));
    expect(rig.asked).toHaveLength(0);
  });

  it.each([
    ['the session of a program in the cookie', 'cli', true],
    ["a browser's login at the gateway in the cookie", 'browser', true],
    ["a browser's login at the gateway as a token", 'browser', false],
    ['the session of a route as a token', 'route', false],
  ] as const)('is refused if it is %s', async (_what, kind, cookie) => {
    await start();
    rig.answer = () => allowWeb(kind);
    expect(await rig.raw(webHead('GET', '/', cookie ? [] : [bearer], cookie))).toMatch(/^HTTP\/1.1 401/);
    expect(rig.asked).toHaveLength(0);
  });
});

describe('a browser that is not logged in', () => {
  const page = ['Accept: text/html'];

  it('is sent to the login where it opens a page, and keeps where it was to itself', async () => {
    await start();
    const answer = await rig.raw(webHead('GET', '/a?b=planted', page, false));
    expect(answer).toMatch(/^HTTP\/1.1 302/);
    const [, location = ''] = /location: (\S+)/.exec(answer) ?? [];
    expect(location).toMatch(/^https:\/\/gate\.example\.com\/\.sallyport\/route\/[\w-]+\/[\w-]{43}\/[\w-]{12}$/);
    const nonce = /__Host-sallyport-begin=([\w-]{43}); Path=\/; Max-Age=900; Secure; HttpOnly; SameSite=Lax/.exec(
      answer,
    )!;
    expect(location).toContain(createHash('sha256').update(nonce[1]!).digest('base64url'));
    expect(location).not.toContain(nonce[1]!);
    expect(answer).toContain(`=${Buffer.from('/a?b=planted').toString('base64url')}; `);
    const again = await rig.raw(webHead('GET', '/', [...page, `Cookie: __Host-sallyport-begin=${nonce[1]}`], false));
    expect(again).toContain(`__Host-sallyport-begin=${nonce[1]};`);
  });

  it.each([
    ['a fetch', 'GET', [...page, 'Sec-Fetch-Mode: cors']],
    ['a frame', 'GET', [...page, 'Sec-Fetch-Mode: navigate', 'Sec-Fetch-Dest: iframe']],
    ['a script', 'GET', ['Accept: */*']],
    ['a form', 'POST', [...page, 'Content-Length: 0']],
    ['a WebSocket', 'GET', ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: k']],
  ])('gets 401 and no redirect for %s', async (_what, method, lines) => {
    await start();
    const answer = await rig.raw(webHead(method, '/', lines, false));
    expect(answer).toMatch(/^HTTP\/1.1 401/);
    expect(answer).not.toMatch(/location:/i);
  });
});

describe('a request that another site makes the browser send', () => {
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: k'];
  it.each<[string, string[], string]>([
    ['from elsewhere', ['Origin: https://evil.example'], 'POST'],
    ['from a sibling host', ['Origin: https://other.example.com', 'Sec-Fetch-Site: same-site'], 'POST'],
    ['without either header', [], 'POST'],
    ['with a null origin', ['Origin: null'], 'DELETE'],
    ['that claims the origin from another site', [own, 'Sec-Fetch-Site: cross-site'], 'PUT'],
    ['as a WebSocket', ['Origin: https://evil.example', ...upgrade], 'GET'],
    ['as a WebSocket without an origin', ['Sec-Fetch-Site: same-origin', ...upgrade], 'GET'],
  ])('is refused %s', async (_what, lines, method) => {
    await start();
    const body = method === 'GET' ? [] : ['Content-Length: 0'];
    expect(await rig.raw(webHead(method, '/', [...lines, ...body]))).toMatch(/^HTTP\/1.1 403/);
    expect(rig.asked).toHaveLength(0);
    expect(rig.checks).toHaveLength(0);
  });

  it('may come from a form of the application that hides its referrer', async () => {
    await start();
    const lines = ['Origin: null', 'Sec-Fetch-Site: same-origin', 'Content-Length: 0'];
    expect(await rig.raw(webHead('POST', '/', lines))).toMatch(/^HTTP\/1.1 200/);
  });

  it('does not concern programs, which have no cookie', async () => {
    await start();
    rig.answer = () => allowWeb('cli');
    expect(await rig.raw(webHead('POST', '/', [bearer, 'Content-Length: 0'], false))).toMatch(/^HTTP\/1.1 200/);
  });
});

describe('an attack on a web application', () => {
  it.each<[string, string, string[], number]>([
    ['A01 a header named in Connection', '/', ['Connection: x-user'], 400],
    ['A02 an impersonation header', '/', ['Impersonate-User: root'], 403],
    ['A03 in another spelling', '/', ['X_REMOTE_USER: root'], 403],
    ['A13 an upgrade to h2c', '/', ['Connection: Upgrade', 'Upgrade: h2c'], 400],
    ['A13 an upgrade to SPDY', '/', ['Connection: Upgrade', 'Upgrade: SPDY/3.1'], 400],
    ['A15 an authority in the path', '//evil.example/x', [], 400],
    ['A15 a backslash', '/\\evil.example', [], 400],
    ['A15 the absolute form', `http://evil.example/`, [], 400],
    ['A16 dot segments', '/a/../admin', [], 400],
    ['A16 escaped dot segments', '/a/%2e%2E/admin', [], 400],
    ['A16 an escaped slash', '/a%2f..%2fadmin', [], 400],
    ['A16 what is not UTF-8', '/%ff', [], 400],
    ['A18 two hosts', '/', [`Host: ${appHost}`], 400],
    ['A18 two forms of length', '/', ['Content-Length: 1', 'Transfer-Encoding: chunked'], 400],
    ['A18 an unknown transfer coding', '/', ['Transfer-Encoding: identity, chunked'], 400],
  ])('%s is refused, and nothing goes upstream', async (_what, target, lines, status) => {
    await start();
    const answer = await rig.raw(webHead('GET', target, lines));
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 (?:${status}|401)`));
    expect(rig.asked).toHaveLength(0);
    expect(rig.seen).toHaveLength(0);
  });

  it('A14 relays a redirect and follows none, and A15 judges the decoded path but sends the bytes', async () => {
    rig = await createWebRig((_request, response) => response.writeHead(302, { location: 'http://evil/' }).end());
    const answer = await rig.raw(webHead('GET', '/%61dmin;x/é'.replace('é', '%C3%A9')));
    expect(answer).toMatch(/^HTTP\/1.1 302/);
    expect(answer).toContain('location: http://evil/');
    expect(rig.checks[0]!.request.path).toBe('/admin;x/é');
    expect(last().url).toBe('/%61dmin;x/%C3%A9');
  });
});

describe('an application that fails', () => {
  it('is named as such: 502 where it is away, 504 where it is late', async () => {
    rig = await createWebRig(() => {}, { route: { timeouts: { firstByte: '1s' } } });
    expect(await rig.raw(webHead('GET', '/'))).toMatch(/^HTTP\/1.1 504[\s\S]*application did not respond in time/);
    rig.app.closeAllConnections();
    rig.app.close();
    expect(await rig.raw(webHead('GET', '/', ['Accept: text/html']))).toMatch(
      /^HTTP\/1.1 502[\s\S]*The application does not respond/,
    );
  });

  it('closes a kept connection just as it is used again, and is asked once more', async () => {
    let first = true;
    rig = await createWebRig((request, response) => {
      response.end('ok', () => {
        if (first) setTimeout(() => request.socket.resetAndDestroy(), 0);
        first = false;
      });
    });
    for (let round = 0; round < 5; round += 1) expect(await rig.raw(webHead('GET', '/'))).toMatch(/^HTTP\/1.1 200/);
  });

  it('closes all kept connections, as when it restarts, and is asked once more over a new one', async () => {
    const held: ServerResponse[] = [];
    const kept = new Set<unknown>();
    rig = await createWebRig((request, response) => {
      if (kept.has(request.socket)) return void request.socket.resetAndDestroy();
      if (held.length === 3) return void response.end('ok');
      held.push(response);
      kept.add(request.socket);
      if (held.length === 3) for (const one of held) one.end('ok');
    });
    const get = () => rig.raw(webHead('GET', '/'));
    for (const answer of await Promise.all([get(), get(), get()])) expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(kept.size).toBe(3);
    expect(await get()).toMatch(/^HTTP\/1.1 200/);
  });

  it.each([
    ['that it announces', 2000, 1400],
    ['that applications often close them after', 0, 4500],
  ])('gets no write on a connection that has been idle for the time %s', async (_what, keepAliveTimeout, idleMs) => {
    const connections = new Set<unknown>();
    rig = await createWebRig((request, response) => {
      connections.add(request.socket);
      request.resume();
      response.end('ok');
    });
    rig.app.keepAliveTimeout = keepAliveTimeout;
    const write = () => rig.raw(webHead('POST', '/', [own, 'Content-Length: 0']));
    for (let again = 0; again < 2; again += 1) expect(await write()).toMatch(/^HTTP\/1.1 200/);
    expect(connections.size).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    expect(await write()).toMatch(/^HTTP\/1.1 200/);
    expect(connections.size).toBe(2);
  });

  it('takes longer for a response than a connection may be idle, and is waited for', async () => {
    rig = await createWebRig((_request, response) => void setTimeout(() => response.end('at last'), 4200), {
      route: { timeouts: { firstByte: '10s' } },
    });
    expect(await rig.raw(webHead('GET', '/'))).toMatch(/^HTTP\/1.1 200[\s\S]*at last/);
  });

  it('cuts its response short, which then does not look complete', async () => {
    rig = await createWebRig((request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setTimeout(() => request.socket.destroy(), 50);
    });
    const answer = await rig.raw(webHead('GET', '/'));
    expect(answer).toMatch(/half$/);
    expect(answer.toLowerCase()).toContain('content-length: 100');
  });
});
