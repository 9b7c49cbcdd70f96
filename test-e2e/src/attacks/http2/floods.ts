import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import {
  codes,
  flags,
  types,
  writeData,
  writeFields,
  writeFrame,
  writeHead,
  writeReset,
  writeSettings,
  writeWindow,
  type RawConnection,
} from '@sallyport/http2/testing';
import { eventually, memoryInUse } from '../../harness/index.ts';
import { connectHttp2, expectServed, fieldsOf, http2Fixture, outcomeOf } from '../fixtures/http2-fixture.ts';

/** What one more of a kind is: its frames, numbered from 0. */
type Piece = (number: number) => Buffer[];

const streamOf = (number: number) => 2 * number + 1;
const empty = Buffer.alloc(0);
const pieceOfFields = writeFields([['x-a', 'a'.repeat(1000)]]);

/** Floods that end their connection. */
const ending: [string, () => Piece][] = [
  [
    'requests that are reset at once (CVE-2023-44487)',
    () => {
      const fields = fieldsOf();
      return (number) => [writeHead(streamOf(number), fields), writeReset(streamOf(number))];
    },
  ],
  [
    'requests that make the gateway reset them by a window update of 0 (CVE-2025-8671)',
    () => {
      const fields = fieldsOf();
      return (number) => [writeHead(streamOf(number), fields), writeWindow(streamOf(number), 0)];
    },
  ],
  [
    'requests that make the gateway reset them by a window that is too large',
    () => {
      const fields = fieldsOf();
      return (number) => [writeHead(streamOf(number), fields), writeWindow(streamOf(number), 2 ** 31 - 1)];
    },
  ],
  [
    'requests that make the gateway reset them by data behind their end',
    () => {
      const fields = fieldsOf();
      return (number) => [writeHead(streamOf(number), fields), writeData(streamOf(number), 'x')];
    },
  ],
  [
    'heads that HTTP/2 forbids',
    () => {
      const fields = fieldsOf({}, ['connection', 'close']);
      return (number) => [writeHead(streamOf(number), fields)];
    },
  ],
  [
    'CONTINUATION without end',
    () => (number) => [
      number === 0
        ? writeFrame(types.headers, flags.endStream, 1, writeFields(fieldsOf()))
        : writeFrame(types.continuation, 0, 1, pieceOfFields),
    ],
  ],
  [
    'CONTINUATION that is empty',
    () => (number) => [
      number === 0
        ? writeFrame(types.headers, flags.endStream, 1, writeFields(fieldsOf()))
        : writeFrame(types.continuation, 0, 1, empty),
    ],
  ],
  ['PRIORITY', () => (number) => [writeFrame(types.priority, 0, streamOf(number % 1000), Buffer.of(0, 0, 0, 0, 16))]],
  ['frames of an unknown type', () => () => [writeFrame(0xfa, 0, 0, Buffer.from('x'))]],
  [
    'empty DATA',
    () => {
      const head = writeHead(1, fieldsOf({ method: 'POST' }), false);
      return (number) => (number === 0 ? [head] : [writeFrame(types.data, 0, 1, empty)]);
    },
  ],
  ['PING whose answers are not read', () => () => [writeFrame(types.ping, 0, 0, Buffer.alloc(8))]],
];

/**
 * Floods that cost no more than their bytes, as long as the client reads the answers. Heads with too many fields are reset
 * before anything sees them, so that a connection with nothing else counts as one without a request, and closes as such.
 */
const harmless: [string, () => Piece][] = [
  [
    'a head that unpacks to megabytes (HPACK bomb)',
    () => {
      // The first field is added to the table. Each byte 0xbe refers to it, and unpacks to 4,000 bytes.
      const bomb = Buffer.concat([
        writeFields(fieldsOf()),
        Buffer.of(0x40),
        writeFields([['x-bomb', 'a'.repeat(4000)]]).subarray(1),
        Buffer.alloc(8000, 0xbe),
      ]);
      return (number) => [writeFrame(types.headers, flags.endStream | flags.endHeaders, streamOf(number), bomb)];
    },
  ],
  [
    'heads of 1,000 fields',
    () => {
      const block = Buffer.concat([
        writeFields(fieldsOf()),
        ...Array.from({ length: 1000 }, () => Buffer.of(0, 1, 97, 1, 98)),
      ]);
      return (number) => [writeFrame(types.headers, flags.endStream | flags.endHeaders, streamOf(number), block)];
    },
  ],
  [
    'heads of a thousand crumbs of a cookie',
    () => {
      const block = Buffer.concat([
        writeFields(fieldsOf()),
        ...Array.from({ length: 1000 }, () => writeFields([['cookie', 'a']])),
      ]);
      return (number) => [writeFrame(types.headers, flags.endStream | flags.endHeaders, streamOf(number), block)];
    },
  ],
  ['PING', () => () => [writeFrame(types.ping, 0, 0, Buffer.alloc(8))]],
  ['SETTINGS', () => () => [writeSettings([])]],
  [
    'SETTINGS that change the window of all streams',
    () => (number) => [writeSettings([[4, number % 2 === 0 ? 0 : 65_535]])],
  ],
  ['SETTINGS that change the size of the table', () => (number) => [writeSettings([[1, number % 2 === 0 ? 0 : 4096]])]],
  ['WINDOW_UPDATE', () => () => [writeWindow(0, 1)]],
];

const count = 30_000;
/** A stream behind all those of a flood. */
const last = streamOf(count);
const mebibyte = 1024 * 1024;

/** Sends pieces until the connection ends. Meanwhile another client is served, and memory stays bounded. */
async function flood(connection: RawConnection, piece: Piece): Promise<void> {
  const before = memoryInUse();
  let bytes = 0;
  for (let number = 0; number < count && bytes < 32 * mebibyte && !connection.closed; number += 1) {
    const frames = piece(number);
    bytes += frames.reduce((sum, frame) => sum + frame.length, 0);
    connection.send(...frames);
    if (number % 200 === 0) await turn();
    // What the gateway does not read need not be sent, and the bytes of the client are in this process, too.
    if (connection.socket.writableLength > mebibyte) await waitForRoom(connection);
    if (number % 2000 === 1999) {
      await expectServed();
      expect(memoryInUse() - before).toBeLessThan(128 * mebibyte);
    }
  }
  await expectServed();
  expect(memoryInUse() - before).toBeLessThan(64 * mebibyte);
}

const waitForRoom = (connection: RawConnection) =>
  eventually('room to write', () => connection.closed || connection.socket.writableLength < mebibyte);

export function attackByFloods(): void {
  describe('S95: a connection with a flood of', () => {
    it.each(ending)('%s ends, while another client is served', async (what, piece) => {
      const isUnread = what.includes('not read');
      const connection = await connectHttp2({ isSilent: isUnread });
      if (isUnread) connection.socket.pause();
      await flood(connection, piece());
      connection.socket.resume();
      await eventually('the end of the connection', () => connection.closed);
      await expectServed();
      expect(http2Fixture().dev.requests.length).toBeLessThan(2500);
    });

    it.each(harmless)('%s harms no other client', async (_what, piece) => {
      const connection = await connectHttp2();
      await flood(connection, piece());
      connection.send(writeSettings([[4, 65_535]]), writeHead(last, fieldsOf()));
      const { status, closed } = await outcomeOf(connection, last);
      // On a slow machine the connection has had no request for too long, and closes before or after its request is sent.
      if (!closed) expect(status).toBe(200);
    });

    it('requests at once is served up to 100, and the others are refused unprocessed', async () => {
      const { dev } = http2Fixture();
      const answers: (() => void)[] = [];
      dev.answer((_request, response) => void answers.push(() => response.end('{}')));
      const connection = await connectHttp2();
      const fields = fieldsOf();
      const streams = Array.from({ length: 110 }, (_none, number) => streamOf(number));
      connection.send(...streams.map((stream) => writeHead(stream, fields)));
      await eventually('the refusals', () =>
        streams.slice(100).every((stream) => connection.answer(stream).reset !== undefined || connection.closed),
      );
      expect(connection.answer(streams[100]!).reset).toBe(codes.refused);
      await eventually('the others upstream', () => answers.length === 100);
      for (const answer of answers) answer();
      expect(await outcomeOf(connection, streams[99]!)).toMatchObject({ status: 200 });
      dev.answer(undefined);
      await expectServed();
    });

    it('requests that are reset while the cluster works on them has at most 200 of them there, as open or given up', async () => {
      const { dev } = http2Fixture();
      let [working, most] = [0, 0];
      dev.answer((request, response) => {
        working += 1;
        most = Math.max(most, working);
        response.once('close', () => (working -= 1));
        request.resume();
      });
      const connection = await connectHttp2();
      const fields = fieldsOf();
      for (let number = 0; number < 1000 && !connection.closed; number += 1) {
        connection.send(writeHead(streamOf(number), fields));
        if (number >= 50) connection.send(writeReset(streamOf(number - 50)));
        await turn();
      }
      await eventually('the end of the connection', () => connection.closed || connection.goaway !== undefined);
      dev.answer(undefined);
      await expectServed();
      expect(most).toBeLessThanOrEqual(200);
    });
  });
}
