import { describe, expect, it } from '@jest/globals';
import { eventually } from '../../harness/index.ts';
import { bytesOf, eventOf, pods } from '../fixtures/attack.ts';
import { openRaw } from '../fixtures/raw-stream.ts';
import { attackFixture } from '../fixtures/attack-fixture.ts';

const body = '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"late"}}';
const framings: [string, string, (part: string) => string, string][] = [
  ['with a length', `Content-Length: ${body.length}`, (part) => part, ''],
  ['in chunks', 'Transfer-Encoding: chunked', (part) => `${part.length.toString(16)}\r\n${part}\r\n`, '0\r\n\r\n'],
];
const wait = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
const revoke = (sessionId: string) =>
  attackFixture().gateway.request(`/.sallyport/api/v1/sessions/${sessionId}`, {
    method: 'DELETE',
    token: attackFixture().tokens.alice,
  });

export function attackSlowBodies(): void {
  describe('S01: a write that starts in time and ends after its permission is gone', () => {
    it.each(framings)(
      '(%s) never arrives completely at the cluster, however long ago its head was authorized',
      async (_how, line, part, last) => {
        const { gateway, dev } = attackFixture();
        const { token, sessionId } = await gateway.login('alice@example.com');
        const stream = await openRaw(
          bytesOf({
            method: 'POST',
            target: `${pods}?attack=slow`,
            authorization: `Bearer ${token}`,
            lines: ['Content-Type: application/json', line],
          }),
        );
        stream.socket.write(part(body.slice(0, 30)));
        const request = await eventually('the beginning to be at the cluster', () =>
          dev.requests.findLast(({ url }) => url.includes('attack=slow')),
        );
        await wait(1200);
        expect((await revoke(sessionId)).status).toBe(204);
        stream.socket.write(part(body.slice(30)) + last);
        await eventually('the refusal', () => stream.text().startsWith('HTTP/1.1 401 '));
        await eventually('the end upstream', () => request.connection.closed);
        expect(request.body().length).toBeLessThan(body.length);
        const [id] = request.header('audit-id');
        expect((await eventOf(id)).data.responseStatus).toMatchObject({ code: 401 });
        stream.socket.destroy();
      },
    );

    it('is forwarded completely while it is allowed', async () => {
      const stream = await openRaw(
        bytesOf({
          method: 'POST',
          target: `${pods}?attack=patient`,
          lines: ['Content-Type: application/json', `Content-Length: ${body.length}`],
        }),
      );
      stream.socket.write(body.slice(0, 30));
      await wait(1200);
      stream.socket.write(body.slice(30));
      await eventually('the answer', () => stream.text().startsWith('HTTP/1.1 200 '));
      expect(
        attackFixture()
          .dev.requests.findLast(({ url }) => url.includes('attack=patient'))!
          .body()
          .toString(),
      ).toBe(body);
      stream.socket.destroy();
    });
  });

  describe('S02: an upload to a proxied service without a response', () => {
    it('ends with its session, and no more of it is sent', async () => {
      const { gateway, dev } = attackFixture();
      dev.answer(() => {});
      const { token, sessionId } = await gateway.login('alice@example.com');
      const stream = await openRaw(
        bytesOf({
          method: 'POST',
          target: '/clusters/dev/api/v1/namespaces/dev/services/web/proxy/upload',
          authorization: `Bearer ${token}`,
          lines: ['Transfer-Encoding: chunked'],
        }),
      );
      const pour = setInterval(() => stream.socket.write('4\r\nmore\r\n'), 20);
      const request = await eventually('it to be in progress', () =>
        dev.requests.findLast((one) => one.url.endsWith('/upload') && one.body().length > 12),
      );
      const revokedAt = Date.now();
      expect((await revoke(sessionId)).status).toBe(204);
      await eventually('the end upstream', () => request.connection.closed);
      expect(Date.now() - revokedAt).toBeLessThan(10_000);
      await eventually('the refusal', () => stream.text().startsWith('HTTP/1.1 401 '));
      clearInterval(pour);
      stream.socket.destroy();
      await gateway.audit.await(
        (record) => record.type === 'stream.cut' && record.data.sallyport.sessionId === sessionId,
      );
    });
  });
}
