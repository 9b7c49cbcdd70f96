import { describe, expect, it } from '@jest/globals';
import { writeData, writeHead } from '@sallyport/http2/testing';
import { eventually } from '../../harness/index.ts';
import { connectHttp2, fieldsOf, http2Fixture, outcomeOf, pods } from '../fixtures/http2-fixture.ts';

const watch = { path: `${pods}?watch=true` };

export function attackSharing(): void {
  describe('S99: on one connection of several sessions, a session that was revoked', () => {
    it('loses its watch and its upload at once, and no other session anything', async () => {
      const { gateway, dev, token } = http2Fixture();
      dev.answer((request, response) => {
        if (!request.url!.includes('watch')) return request.resume();
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write('{"type":"BOOKMARK","object":{}}\n');
        return undefined;
      });
      const second = await gateway.login('alice@example.com');
      const connection = await connectHttp2();
      connection.send(
        writeHead(1, fieldsOf(watch)),
        writeHead(3, fieldsOf({ ...watch, token: second.token })),
        writeHead(5, fieldsOf({ method: 'POST', token: second.token }), false),
        writeData(5, '{"kind":', false),
      );
      await eventually('the watches', () => [1, 3].every((stream) => connection.answer(stream).data.length > 0));
      await eventually('the upload', () => dev.requests.some(({ method }) => method === 'POST'));
      await gateway.request(`/.sallyport/api/v1/sessions/${second.sessionId}`, { method: 'DELETE', token });
      const ended = (stream: number) =>
        connection.answer(stream).ended || connection.answer(stream).reset !== undefined;
      await eventually('the end of its streams', () => ended(3) && ended(5));
      connection.send(writeHead(7, fieldsOf({ token: second.token })));
      expect(await outcomeOf(connection, 7)).toMatchObject({ status: 401 });
      expect(ended(1)).toBe(false);
      expect([connection.closed, connection.goaway]).toEqual([false, undefined]);
      dev.answer(undefined);
      connection.send(writeHead(9, fieldsOf()));
      expect(await outcomeOf(connection, 9)).toMatchObject({ status: 200 });
    });

    it('opens nothing with the decision about another request of the connection', async () => {
      const connection = await connectHttp2();
      connection.send(writeHead(1, fieldsOf()), writeHead(3, fieldsOf({ token: 'spt_x' })), writeHead(5, fieldsOf()));
      expect(await outcomeOf(connection, 3)).toMatchObject({ status: 401 });
      expect(await outcomeOf(connection, 5)).toMatchObject({ status: 200 });
      expect(http2Fixture().dev.requests).toHaveLength(2);
    });
  });
}
