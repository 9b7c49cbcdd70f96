import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import { openRaw, type RawStream } from '../fixtures/raw-stream.ts';
import { webBytes, webSocketLines, type WebAttack } from '../fixtures/web-attack.ts';
import { logInAt, webFixture, webLimits } from '../fixtures/web-fixture.ts';

type Shape = WebAttack & {
  answer(request: IncomingMessage, response: ServerResponse): void;
  /** Whether the client reads what arrives. */
  reads?: boolean;
  /** What the client sees at the end. */
  ends: RegExp;
};
const drip = (headers: Record<string, string>) => (_request: IncomingMessage, response: ServerResponse) => {
  response.writeHead(200, headers);
  const timer = setInterval(() => response.write('data: x\n\n'), 50);
  response.on('error', () => {}).on('close', () => clearInterval(timer));
};
const swallow = (request: IncomingMessage) => void request.on('error', () => {}).resume();
const flood = (_request: IncomingMessage, response: ServerResponse) =>
  void response.on('error', () => {}).end(Buffer.alloc(64 * 1024 * 1024, 120));

const cut = /^HTTP\/1\.1 (?:200|101) (?!.*\r\n0\r\n\r\n$)/s;
const shapes: [string, Shape][] = [
  ['an endless download', { answer: drip({ 'content-type': 'text/plain' }), ends: cut }],
  ['a download of a known length', { answer: drip({ 'content-length': '1000000' }), ends: cut }],
  ['a download to a slow reader', { answer: flood, reads: false, ends: cut }],
  ['server-sent events', { answer: drip({ 'content-type': 'text/event-stream' }), ends: /\r\n0\r\n\r\n$/ }],
  [
    'an upload without end',
    { answer: swallow, method: 'POST', lines: ['Content-Length: 100000'], body: 'begun', ends: /^HTTP\/1\.1 401 / },
  ],
  [
    'an upload in chunks without end',
    {
      answer: swallow,
      method: 'PUT',
      lines: ['Transfer-Encoding: chunked'],
      body: '5\r\nbegun\r\n',
      ends: /^HTTP\/1\.1 401 /,
    },
  ],
  ['a request without a response', { answer: swallow, ends: /^HTTP\/1\.1 401 / }],
  ['a WebSocket', { answer: swallow, lines: webSocketLines, ends: cut }],
];
/** The promised time is one second. A busy machine gets ten. */
const inTimeMs = 10_000;
const open: RawStream[] = [];

export function attackWebEndlessExchanges(): void {
  describe('W53: an exchange with an application that does not end', () => {
    afterEach(() => {
      for (const { socket } of open.splice(0)) socket.destroy();
    });

    it('ends within a second of its session, whatever it is, and the trail says why', async () => {
      const { gateway, app } = webFixture();
      // One login for all of them, and one revocation: the parent of the session of the application.
      const { browser, cookie } = await logInAt(gateway, 'app', 'alice');
      const begun: { what: string; shape: Shape; stream: RawStream; at: number }[] = [];
      for (const [what, { answer, reads = true, ...attack }] of shapes) {
        app.answer(answer);
        const at = app.requests.length;
        const stream = await openRaw(webBytes({ ...attack, cookie }), gateway);
        open.push(stream);
        if (!reads) stream.socket.pause();
        await eventually(`${what} to be at the application`, () => app.requests[at]);
        begun.push({ what, shape: { answer, reads, ...attack }, stream, at });
      }
      await eventually('the response without end', () => begun[0]!.stream.text().includes('data: x'));
      await eventually('the WebSocket', () => begun.at(-1)!.stream.text().startsWith('HTTP/1.1 101'));
      const logout = await browser.go(`${gateway.pagesUrl}/.sallyport/logout`, {
        form: {},
      });
      expect(logout.answer.status).toBeLessThan(400);
      const endedAt = Date.now();
      for (const { what, at } of begun)
        await eventually(`the end of ${what} upstream`, () => app.requests[at]!.connection.closed);
      expect(Date.now() - endedAt).toBeLessThan(inTimeMs);
      for (const { what, shape, stream } of begun) {
        stream.socket.resume();
        await eventually(`the end of ${what}`, () => stream.endedAt !== undefined || shape.ends.test(stream.text()));
        expect([what, shape.ends.test(stream.text()) || stream.text().slice(-300)]).toEqual([what, true]);
      }
      const cuts = await gateway.audit.await(
        ({ type, data }) => type === 'stream.cut' && data.sallyport.stream?.reason === 'session-ended',
        begun.length,
      );
      expect(cuts.length).toBeGreaterThanOrEqual(begun.length);
    });

    it('beyond the limit of its person is refused, and others go on', async () => {
      const { gateway, app, cookies } = webFixture();
      app.answer(swallow);
      const before = app.requests.length;
      const { inFlightPerUser } = webLimits;
      open.push(...(await Promise.all(Array.from({ length: inFlightPerUser }, () => openRaw(webBytes({}), gateway)))));
      await eventually('all to be in progress', () => app.requests.length === before + inFlightPerUser);
      const over = await openRaw(webBytes({}), gateway);
      open.push(over);
      await eventually('the refusal', () => over.text().startsWith('HTTP/1.1 429 '));
      app.answer(undefined);
      const other = await openRaw(webBytes({ cookie: cookies.eve }), gateway);
      open.push(other);
      await eventually('the response of another person', () => other.text().startsWith('HTTP/1.1 200 '));
      expect(app.requests).toHaveLength(before + inFlightPerUser + 1);
    });
  });
}
