import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import { bytesOf, eventOf, pods, send } from '../fixtures/attack.ts';
import { openRaw } from '../fixtures/raw-stream.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const value = '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"padded"}}';
const paddings: [string, string][] = [
  ['white space', ' \r\n\t'.repeat(200)],
  ['a second value', '{"kind":"Pod"}'],
  ['a second document', '\n---\n'],
  ['NUL', '\0'.repeat(50)],
];
const framings: [string, (length: number) => string, (part: string) => string][] = [
  ['with a length', (length) => `Content-Length: ${length}`, (part) => part],
  ['in chunks', () => 'Transfer-Encoding: chunked', (part) => `${part.length.toString(16)}\r\n${part}\r\n`],
];
const wait = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

export function attackPaddedBodies(): void {
  describe('S35: a write whose value ends after its permission is gone, with padding that delays its end', () => {
    it.each(
      framings.flatMap(([how, line, part]) =>
        paddings.map(([what, padding]) => [how, what, line, part, padding] as const),
      ),
    )('(%s, with %s) never gets its complete value to the cluster', async (how, what, line, part, padding) => {
      const { gateway, dev, tokens } = attackFixture();
      const { token, sessionId } = await gateway.login('alice@example.com');
      const mark = `attack=padded-${encodeURIComponent(how + what)}`;
      const stream = await openRaw(
        bytesOf({
          method: 'POST',
          target: `${pods}?${mark}`,
          authorization: `Bearer ${token}`,
          lines: ['Content-Type: application/json', line(value.length + padding.length + 1)],
        }),
      );
      stream.socket.write(part(value.slice(0, -1)));
      const request = await eventually('the beginning is at the cluster', () =>
        dev.requests.findLast((one) => one.url.includes(mark) && one.body().length > 0),
      );
      await wait(1200);
      expect(
        (await gateway.request(`/.sallyport/api/v1/sessions/${sessionId}`, { method: 'DELETE', token: tokens.alice }))
          .status,
      ).toBe(204);
      stream.socket.write(Buffer.from(part(`}${padding}`), 'latin1'));
      await eventually('the refusal', () => stream.text().startsWith('HTTP/1.1 401 '));
      await eventually('the end upstream', () => request.connection.closed);
      expect(request.body().toString('latin1')).not.toContain(value);
      expect((await eventOf(request.header('audit-id')[0])).data.responseStatus).toMatchObject({ code: 401 });
      stream.socket.destroy();
    });
  });

  describe('S35: a cluster that responds byte by byte', () => {
    it('is relayed in the end, and does not delay others', async () => {
      // The last request on its connection: the server of Node.js considers its response unfinished, and would queue the
      // next one behind it.
      const answer = `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 15\r\nX-Long: ${'a'.repeat(2000)}\r\n\r\n{"kind":"Drip"}`;
      const drip = async (socket: Socket) => {
        socket.setNoDelay(true);
        for (const byte of answer) {
          socket.write(byte);
          await new Promise((resolve) => {
            setImmediate(resolve);
          });
        }
        socket.end();
      };
      attackFixture().dev.answer((_request, response) => void drip(response.socket!));
      const reply = await send(bytesOf({}), 4000);
      expect([reply.code, reply.body]).toEqual([200, '{"kind":"Drip"}']);
    });
  });
}
