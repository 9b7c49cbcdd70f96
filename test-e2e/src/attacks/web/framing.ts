import { describe, expect, it } from '@jest/globals';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../../harness/index.ts';
import { openRaw } from '../fixtures/raw-stream.ts';
import {
  arrives,
  expectWebAccepted,
  expectWebRefused,
  expectWebUnparsable,
  sendWeb,
  webBytes,
  type WebAttack,
  watchApplications,
} from '../fixtures/web-attack.ts';
import { webFixture } from '../fixtures/web-fixture.ts';

const post = (lines: readonly string[], body = 'hello'): WebAttack => ({ method: 'POST', lines, body });
const chunked = '5\r\nhello\r\n0\r\n\r\n';

const noHttp: [string, WebAttack][] = [
  ['Transfer-Encoding and Content-Length', post(['Transfer-Encoding: chunked', 'Content-Length: 5'], chunked)],
  ['two Content-Lengths', post(['Content-Length: 5', 'Content-Length: 6'])],
  ['a list of lengths', post(['Content-Length: 5, 5'])],
  ['a signed length', post(['Content-Length: +5'])],
  ['a folded header', { lines: ['X-A: b', '\tX-Webauth-User: mallory'] }],
  ['a space before the colon', { lines: ['Transfer-Encoding : chunked'] }],
  ['a bare CR', { lines: ['X-A: b\rX-Webauth-User: mallory'] }],
  ['a bare LF', { lines: ['X-A: b\nX-Webauth-User: mallory'] }],
  ['a NUL', { lines: ['X-A: b\0'] }],
  ['chunked, identity', post(['Transfer-Encoding: chunked, identity'], chunked)],
  ['chunked and a vertical tab', post(['Transfer-Encoding: chunked\x0b'], chunked)],
  ['HTTP/1.2', { version: 'HTTP/1.2' }],
];
/** Heads that Node.js accepts, and that another parser might read differently. */
const refused: [string, WebAttack][] = [
  ['identity, chunked', post(['Transfer-Encoding: identity, chunked'], chunked)],
  ['gzip, chunked', post(['Transfer-Encoding: gzip, chunked'], chunked)],
  ['HTTP/1.0', { version: 'HTTP/1.0' }],
  ['HTTP/0.9', { version: 'HTTP/0.9' }],
  ['an unknown expectation', post(['Expect: 200-ok', 'Content-Length: 5'])],
  ['a length of sixteen digits', post(['Content-Length: 1234567890123456'])],
];
const badChunks = [
  '5 \r\nhello\r\n0\r\n\r\n',
  '5\nhello\r\n0\r\n\r\n',
  '0x5\r\nhello\r\n0\r\n\r\n',
  '5;a\nb\r\nhello\r\n0\r\n\r\n',
  'FFFFFFFFFFFFFFFFF\r\nhello',
  '5\r\nhelloX0\r\n\r\n',
];
const second = () => webBytes({ method: 'DELETE', target: '/second' });
const codes = (text: string) => text.match(/HTTP\/1\.1 \d+/g)?.map((line) => line.slice(9)) ?? [];
/** Sends bytes, and returns what arrives until there are that many responses, and shortly after, when no more may come. */
async function sendAll(bytes: string, responses: number): Promise<string> {
  const stream = await openRaw(bytes, webFixture().gateway);
  await eventually(
    `${responses} responses`,
    () => codes(stream.text()).length >= responses || stream.endedAt !== undefined,
    60_000,
    () => JSON.stringify(stream.text()),
  );
  await pause(300);
  stream.socket.destroy();
  return stream.text();
}

function attackRequests(): void {
  describe('W18: a request with', () => {
    it.each(noHttp)('%s is not HTTP', (_what, attack) => expectWebUnparsable(attack));

    it.each(refused)('%s is refused, and what follows it is not executed', async (_what, attack) => {
      await expectWebRefused(attack, 400, { effect: arrives });
      const arrived = watchApplications();
      const reply = await sendWeb(webBytes(attack) + second());
      expect([codes(reply.text), reply.closed]).toEqual([['400'], true]);
      expect(arrived()).toBe('');
    });

    it.each(badChunks)('the chunks %j does not become a complete body', async (body) => {
      const { app } = webFixture();
      let complete = 0;
      app.answer((request, response) => {
        request
          .on('error', () => {})
          .on('end', () => {
            complete += 1;
            response.end('{}');
          })
          .resume();
      });
      const reply = await sendWeb(webBytes(post(['Transfer-Encoding: chunked'], body)) + second(), 400);
      expect([complete, reply.text.includes('HTTP/1.1 200')]).toEqual([0, false]);
      expect(app.requests.map(({ url }) => url)).not.toContain('/second');
    });
  });

  describe('W18: the connections to an application', () => {
    const smuggled = 'GET /admin/smuggled HTTP/1.1\r\nHost: x\r\nX-Webauth-User: root\r\n\r\n';
    const inChunks = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`;
    it.each<[string, WebAttack]>([
      ['a POST', post([`Content-Length: ${smuggled.length}`], smuggled)],
      ['a GET', { lines: [`Content-Length: ${smuggled.length}`], body: smuggled }],
      ['a DELETE', { method: 'DELETE', lines: [`Content-Length: ${smuggled.length}`], body: smuggled }],
      ['an OPTIONS', { method: 'OPTIONS', lines: [`Content-Length: ${smuggled.length}`], body: smuggled }],
      ['a POST in chunks', post(['Transfer-Encoding: chunked'], inChunks)],
      ['a GET in chunks', { lines: ['Transfer-Encoding: chunked'], body: inChunks }],
      ['a DELETE in chunks', { method: 'DELETE', lines: ['Transfer-Encoding: chunked'], body: inChunks }],
      ['an OPTIONS in chunks', { method: 'OPTIONS', lines: ['Transfer-Encoding: chunked'], body: inChunks }],
    ])('carry the body of %s as a body, and stay in step', async (_what, attack) => {
      const { request } = await expectWebAccepted(attack);
      await eventually('the body', () => request.body().length === smuggled.length);
      expect(request.body().toString()).toBe(smuggled);
      const framing = [...request.header('content-length'), ...request.header('transfer-encoding')];
      expect(framing).toHaveLength(1);
      expect((await expectWebAccepted({ target: '/next' })).request.url).toBe('/next');
      expect(webFixture().app.requests.map(({ url }) => url)).not.toContain('/admin/smuggled');
    });

    it('carry several requests of one client in their order, each with its own credential', async () => {
      const { app } = webFixture();
      const before = app.requests.length;
      const text = await sendAll(
        webBytes({ target: '/one' }) + webBytes({ target: '/two', cookie: undefined }) + webBytes({ target: '/three' }),
        3,
      );
      expect(codes(text)).toEqual(['200', '401', '200']);
      expect(app.requests.slice(before).map(({ url }) => url)).toEqual(['/one', '/three']);
    });
  });
}

/** Answers with these bytes, and nothing else. */
const say = (bytes: string) =>
  webFixture().app.answer((request, response) => {
    request.resume();
    response.socket!.end(Buffer.from(bytes, 'latin1'));
  });
const json = '{"kind":"evil"}';

function attackResponses(): void {
  describe('W18: an application with a response', () => {
    it.each([
      ['that has a status below 100', `HTTP/1.1 099 Odd\r\nContent-Length: 15\r\n\r\n${json}`],
      ['that has a 101 without Upgrade', 'HTTP/1.1 101 Switching Protocols\r\n\r\nevil'],
      [
        'in HTTP/1.0 that has a transfer coding',
        'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n',
      ],
      ['of two lengths', `HTTP/1.1 200 OK\r\nContent-Length: 15\r\nContent-Length: 4\r\n\r\n${json}`],
      [
        'that has a length and a transfer coding',
        'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n',
      ],
      [
        'that has a folded header',
        `HTTP/1.1 200 OK\r\nX-A: b\r\n Set-Cookie: evil\r\nContent-Length: 15\r\n\r\n${json}`,
      ],
      ['that has a NUL in a header', `HTTP/1.1 200 OK\r\nX-A: b\0evil\r\nContent-Length: 15\r\n\r\n${json}`],
      ['that is not HTTP', 'evil\r\n\r\n'],
    ])('%s gets a 502 for it', async (_what, bytes) => {
      say(bytes);
      const reply = await sendWeb(webBytes({}), 6000);
      expect([reply.code, reply.text.includes('evil')]).toEqual([502, false]);
      expect((await expectAliveAfterwards()).code).toBe(200);
    });

    it.each([
      ['a control character', 'HTTP/1.1 200 O\x01K'],
      ['a byte above 127', 'HTTP/1.1 200 \xe4\xf6\xfc'],
      ['an escape sequence', 'HTTP/1.1 404 \x1b[2J'],
      ['64 KB', `HTTP/1.1 200 ${'a'.repeat(15_000)}`],
      ['nothing', 'HTTP/1.1 200'],
    ])('whose reason phrase has %s does not end the gateway', async (_what, line) => {
      const bytes = `${line}\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n${json}`;
      webFixture().app.answer((_request, response) => void response.socket!.end(Buffer.from(bytes, 'latin1')));
      const reply = await sendWeb(webBytes({}), 6000);
      expect([200, 404, 502]).toContain(reply.code);
      expect(reply.text.split('\r\n')[0]).not.toMatch(/[\u0000-\u001f]/);
      expect((await expectAliveAfterwards()).code).toBe(200);
    });

    it.each([
      ['in the same packet', 0],
      ['a little later', 60],
    ])('does not answer the next user with a second one that nobody asked for (%s)', async (_what, ms) => {
      const { app, cookies } = webFixture();
      const one = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n`;
      let asked = 0;
      app.answer((request, response) => {
        request.resume();
        asked += 1;
        if (asked > 1)
          return void response.writeHead(200, { 'content-type': 'application/json' }).end('{"kind":"own"}');
        const { socket } = response;
        const evil = one + json;
        socket!.write(one + '{"kind":"good"}' + (ms === 0 ? evil : ''));
        if (ms > 0) setTimeout(() => socket!.write(evil), ms);
      });
      expect((await sendWeb(webBytes({}), 2000)).text).not.toContain('evil');
      await pause(2 * ms);
      for (const cookie of [cookies.eve, cookies.alice, cookies.eve]) {
        const reply = await sendWeb(webBytes({ cookie }), 2000);
        expect([reply.code, reply.body]).toEqual([200, '{"kind":"own"}']);
      }
    });

    it('before the whole body has arrived is relayed, and the rest of the body becomes no request', async () => {
      const { app } = webFixture();
      app.answer((_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
      const rest = webBytes({ target: '/admin/rest', cookie: 'smuggled' });
      const text = await sendAll(webBytes(post([`Content-Length: ${rest.length + 5}`], `hello${rest}`)), 1);
      expect(codes(text)).toEqual(['200']);
      expect(app.requests.map(({ url }) => url)).not.toContain('/admin/rest');
    });

    it('of interim responses without end is a 502 or the final response, and none of them is relayed', async () => {
      say(
        `${'HTTP/1.1 103 Early Hints\r\nLink: </evil>\r\nSet-Cookie: a=evil\r\n\r\n'.repeat(50)}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}`,
      );
      const reply = await sendWeb(webBytes({}), 6000);
      expect([200, 502]).toContain(reply.code);
      expect(reply.text).not.toMatch(/103|evil/);
    });
  });
}

/** Asks once more, of the same gateway process. */
async function expectAliveAfterwards() {
  webFixture().app.answer(undefined);
  return sendWeb(webBytes({ target: '/afterwards' }), 5000);
}

export function attackWebFraming(): void {
  attackRequests();
  attackResponses();
}
