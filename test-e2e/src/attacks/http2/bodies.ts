import { describe, expect, it } from '@jest/globals';
import {
  codes,
  flags,
  types,
  writeData,
  writeFrame,
  writeHead,
  writeReset,
  type RawConnection,
} from '@sallyport/http2/testing';
import { eventually } from '../../harness/index.ts';
import {
  connectHttp2,
  expectServed,
  fieldsOf,
  http2Fixture,
  outcomeOf,
  pods,
  reachedRequest,
} from '../fixtures/http2-fixture.ts';

/** YAML is as valid when its end is missing: less is granted, or more. */
const yaml = 'kind: Role\nrules:\n- verbs: [get]\n  resources: [pods]\n';
const goaway = (code: number) => writeFrame(types.goaway, 0, 0, Buffer.from([0, 0, 0, 0, 0, 0, 0, code]));

/** The ways in which a client, or what is between, can end a body that is not complete. */
const cuts: [string, (connection: RawConnection) => void][] = [
  ['FIN', ({ socket }) => socket.end()],
  ['the end of the TCP connection', ({ socket }) => socket.destroy()],
  [
    'GOAWAY and FIN',
    ({ socket, send }) => {
      send(goaway(codes.noError));
      socket.end();
    },
  ],
  ...Object.entries(codes).map(([name, code]): [string, (connection: RawConnection) => void] => [
    `a reset (${name})`,
    ({ send }) => send(writeReset(1, code)),
  ]),
  [
    'a reset in the packet of its last data',
    ({ send }) => send(writeData(1, '  x', false), writeReset(1, codes.noError)),
  ],
  [
    'trailers with a pseudo-header',
    ({ send }) => send(writeFrame(types.headers, flags.endHeaders | flags.endStream, 1, Buffer.of(0x84))),
  ],
  [
    'a frame that is wrong',
    ({ send }) => send(writeFrame(types.data, flags.padded | flags.endStream, 1, Buffer.of(200, 1))),
  ],
];

/** The ways in which a cluster can cut its response. */
const breaks: [string, string][] = [
  ['a length', 'Content-Length: 500\r\n\r\n{"kind":'],
  ['chunks', 'Transfer-Encoding: chunked\r\n\r\n8\r\n{"kind":\r\n'],
];

export function attackBodies(): void {
  describe.each([
    ['with a length', true],
    ['without a length', false],
  ] as const)('S98: a body %s that a client cuts by', (_how, hasLength) => {
    it.each(cuts)('%s never arrives as a whole one', async (_what, cut) => {
      const { dev } = http2Fixture();
      let ended = 0;
      dev.answer((request, response) => {
        request
          .on('end', () => {
            ended += 1;
            response.end('{}');
          })
          .resume();
      });
      const connection = await connectHttp2();
      const lines = hasLength ? [['content-length', '500'] as const] : [];
      connection.send(writeHead(1, fieldsOf({ method: 'POST' }, ...lines), false), writeData(1, yaml, false));
      const request = await reachedRequest();
      await eventually('the data upstream', () => request.body().length === yaml.length);
      cut(connection);
      await eventually('the end upstream', () => request.connection.closed);
      expect(request.connection.bytes().toString('latin1')).not.toMatch(/\r\n0\r\n\r\n$/);
      expect(ended).toBe(0);
      await expectServed();
    });
  });

  describe('S98: a request that is cut before its head was judged', () => {
    it('does not arrive, if its reset was in the same packet', async () => {
      const connection = await connectHttp2();
      for (let stream = 1; stream < 40; stream += 2)
        connection.send(writeHead(stream, fieldsOf({ method: 'DELETE', path: `${pods}/web` })), writeReset(stream));
      await expectServed();
      expect(http2Fixture().dev.requests.filter(({ method }) => method === 'DELETE')).toEqual([]);
    });
  });

  describe('S98: a response that a cluster cuts, with', () => {
    it.each(breaks)('%s, is reset, and never ends as a whole one', async (_what, text) => {
      const { dev } = http2Fixture();
      const connection = await connectHttp2();
      dev.answer((request) => {
        request.socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${text}`);
        void eventually('the head at the client', () => connection.answer(1).data.length > 0).then(() =>
          request.socket.destroy(),
        );
      });
      connection.send(writeHead(1, fieldsOf()));
      const { reset } = await outcomeOf(connection, 1);
      expect(connection.answer(1).ended).toBe(false);
      expect(reset).not.toBe(codes.noError);
      dev.answer(undefined);
      connection.send(writeHead(3, fieldsOf()));
      expect(await outcomeOf(connection, 3)).toMatchObject({ status: 200 });
    });
  });
}
