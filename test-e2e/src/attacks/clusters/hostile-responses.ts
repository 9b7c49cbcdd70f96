import { afterEach, describe, expect, it } from '@jest/globals';
import {
  bytesOf,
  eventOf,
  exec,
  expectAccepted,
  expectAlice,
  expectUnparsable,
  pods,
  send,
  webSocket,
  type Reply,
} from '../fixtures/attack.ts';
import { carrier } from '../fixtures/carrier.ts';
import { openRaw } from '../fixtures/raw-stream.ts';
import { eventually } from '../../harness/index.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const head = 'HTTP/1.1 200 OK\r\n';
const smuggled = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 17\r\n\r\n{"kind":"Poison"}';
/**
 * Makes the cluster send raw bytes instead of a response. On that connection it answers nothing afterwards.
 */
const say = (bytes: string) =>
  attackFixture().dev.answer((_request, response) => void response.socket!.write(Buffer.from(bytes, 'latin1')));

const unclear: [string, string][] = [
  ['two lengths', `${head}Content-Length: 2\r\nContent-Length: 20\r\n\r\n{}`],
  ['the same length twice', `${head}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`],
  ['a length and chunks', `${head}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['chunks and another coding', `${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ['a header split by a bare CR', `${head}X: a\rSet-Cookie: evil=1\r\nContent-Length: 2\r\n\r\n{}`],
  ['a header split by a bare LF', `${head}X: a\nSet-Cookie: evil=1\r\nContent-Length: 2\r\n\r\n{}`],
  ['a folded header', `${head}X: a\r\n Set-Cookie: evil=1\r\nContent-Length: 2\r\n\r\n{}`],
  ['NUL in a header', `${head}X: a\0b\r\nContent-Length: 2\r\n\r\n{}`],
  [
    'a switch to another protocol',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  ['200 interim answers', `${'HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(200)}${smuggled}`],
  ['a head of 100 KiB', `${head}X: ${'a'.repeat(100_000)}\r\n\r\n`],
  ['a status of 099', 'HTTP/1.1 099 Odd\r\nContent-Length: 2\r\n\r\n{}'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
];

/** Expects the next requests of another person to get their own responses, on clean connections. */
async function expectUnharmed(): Promise<void> {
  attackFixture().dev.answer((request, response) =>
    request.on('end', () =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(`{"kind":"Answer","to":"${request.url}"}`),
    ),
  );
  for (let turn = 0; turn < 3; turn += 1) {
    const reply = await send(
      bytesOf({ target: `${pods}/own-${turn}`, authorization: `Bearer ${attackFixture().tokens.eve}` }),
    );
    expect([reply.code, reply.body]).toEqual([200, expect.stringContaining(`own-${turn}"`)]);
    expect(reply.text).not.toMatch(/Poison|evil/);
  }
}

function attackAnswers(): void {
  describe('S03: a cluster with an ambiguous response', () => {
    afterEach(expectUnharmed);

    it.each(unclear)('(%s) is not relayed, and its connection is not used again', async (_what, bytes) => {
      say(bytes);
      const reply = await send(bytesOf({}), 6000);
      expect(reply.code).toBe(502);
      expect(reply.text).not.toMatch(/evil|Poison|Early Hints/);
      expect((await eventOf(reply.auditId)).data.responseStatus!.code).toBe(502);
    });

    it.each(['GET', 'HEAD'])('that sends a second one behind it (%s) does not get it to anyone', async (method) => {
      say(
        `HTTP/1.1 ${method === 'GET' ? '204 No Content' : '200 OK'}\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`,
      );
      const reply = await send(bytesOf({ method }), 1000);
      expect([reply.code, reply.text.includes('Poison')]).toEqual([method === 'GET' ? 204 : 200, false]);
      if (method === 'GET') expect(reply.header('content-length')).toEqual([]);
    });

    it('that sends one before it is requested does not get it to anyone', async () => {
      attackFixture().dev.answer((_request, response) => {
        const { socket } = response;
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
        setTimeout(() => socket?.write(smuggled), 50);
      });
      await expectAccepted({});
      await new Promise((resolve) => {
        setTimeout(resolve, 150);
      });
    });

    const short = '{"half":';
    // More than the gateway holds before it sends any of it.
    const long = short.padEnd(100_000, ' ');
    const ending = (body: string) =>
      [
        ['that sends less than announced', `${head}Content-Length: ${body.length + 100}\r\n\r\n${body}`],
        [
          'that stops within its chunks',
          `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`,
        ],
      ] as const;
    it.each(ending(short))('%s is refused before any of it is sent', async (_what, bytes) => {
      attackFixture().dev.answer((_request, response) => void response.socket!.end(bytes));
      const reply = await send(bytesOf({}), 6000);
      expect([reply.code, reply.text.includes('half')]).toEqual([502, false]);
    });

    it.each(ending(long))('%s after much does not make it look complete', async (_what, bytes) => {
      attackFixture().dev.answer((_request, response) => void response.socket!.end(bytes));
      const stream = await openRaw(bytesOf({}));
      await eventually('the connection to be aborted', () => stream.endedAt !== undefined || stream.socket.destroyed);
      expect(stream.text()).toContain('half');
      expect(stream.text()).not.toMatch(/\r\n0\r\n\r\n$/);
    });
  });
}

function attackEnds(): void {
  describe('S04: trailers', () => {
    it('of a cluster contain nothing that belongs in a head', async () => {
      const trailers = [
        'Content-Length: 4',
        'Transfer-Encoding: chunked',
        'Content-Type: text/html',
        'Location: https://evil.example',
        'Set-Cookie: evil=1',
        'Authorization: Bearer evil',
        'Audit-ID: forged',
        'Cache-Control: public',
        'X-Kept: 1',
      ];
      say(
        `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n${trailers.join('\r\n')}\r\n\r\n`,
      );
      const reply = await send(bytesOf({}), 700);
      const kept = carrier() === 'HTTP/2' ? 'x-kept' : 'X-Kept';
      expect(reply.text.slice(reply.text.indexOf('\r\n0\r\n') + 5)).toBe(`${kept}: 1\r\n\r\n`);
    });

    it('of a client give it no identity, because none of them is forwarded', async () => {
      const { request } = await expectAccepted({
        method: 'POST',
        lines: ['Transfer-Encoding: chunked', 'Trailer: Impersonate-User'],
        body: '2\r\n{}\r\n0\r\nImpersonate-User: root\r\nAuthorization: Bearer x\r\n\r\n',
      });
      expectAlice(request);
      await eventually('the body', () => request.body().length === 2);
      expect(request.connection.bytes().toString('latin1')).not.toMatch(/impersonate-user: root|Bearer x/i);
      await expectUnparsable({
        method: 'POST',
        lines: ['Transfer-Encoding: chunked'],
        body: '2\r\n{}\r\n0\r\nContent-Length: 99\r\n\r\n',
      });
    });
  });

  describe('S05: a cluster that closes a reused connection', () => {
    it('gets a read again, but never a write', async () => {
      const { dev } = attackFixture();
      await expectAccepted({});
      for (const [method, times] of [
        ['GET', 2],
        ['POST', 1],
        ['DELETE', 1],
        ['PATCH', 1],
      ] as const) {
        await expectAccepted({});
        const from = dev.requests.length;
        dev.answer((_request, response) => void response.socket!.destroy());
        const reply = await send(
          bytesOf({
            method,
            target: `${pods}/hung-${method}`,
            lines: method === 'GET' || method === 'DELETE' ? [] : ['Content-Length: 0'],
          }),
          3000,
        );
        expect([method, reply.code, dev.requests.slice(from).filter(({ url }) => url.includes('hung')).length]).toEqual(
          [method, 502, times],
        );
        await expectUnharmed();
      }
    });
  });

  describe('S06: a cluster that responds before the end of the request', () => {
    it.each([401, 200, 413])(
      '(%d) gets no other request after the rest of that body, which is not a request either',
      async (status) => {
        const { dev } = attackFixture();
        dev.answer((_request, response) =>
          response.writeHead(status, { 'content-type': 'application/json' }).end('{}'),
        );
        const hidden = bytesOf({ method: 'DELETE', target: '/api/v1/namespaces/dev/pods/hidden' });
        const stream = await openRaw(bytesOf({ method: 'POST', lines: [`Content-Length: ${hidden.length + 4}`] }));
        stream.socket.write('half');
        await eventually('the early response', () => stream.text().startsWith(`HTTP/1.1 ${status} `));
        await expectUnharmed();
        stream.socket.write(hidden);
        await expectUnharmed();
        expect(dev.requests.some(({ url, method }) => url.endsWith('/hidden') && method === 'DELETE')).toBe(false);
        expect(stream.text().match(/HTTP\/1\.1 \d+/g)).toHaveLength(1);
        stream.socket.destroy();
      },
    );

    it('to an upgrade, with another response pending, ends that connection', async () => {
      attackFixture().dev.answerUpgrade((_request, socket) => {
        socket.write(`HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\n{}${smuggled}`);
      });
      const reply: Reply = await send(bytesOf({ target: exec, lines: webSocket }));
      expect([reply.code, reply.text.includes('Poison')]).toEqual([403, false]);
      await expectUnharmed();
    });
  });
}

export function attackHostileClusters(): void {
  attackAnswers();
  attackEnds();
}
