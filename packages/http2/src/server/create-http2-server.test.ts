import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createHttp2Server, type Http2Server } from './create-http2-server.ts';
import { preface, types, writeData, writeFrame, writeHead, writeReset, type RawField } from '../testing/raw-frames.ts';
import type { StreamRequest } from './stream-request.ts';
import type { StreamResponse } from './stream-response.ts';

type Fields = readonly RawField[];

const head = (more: Fields = []): Fields => [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':authority', 'gate.example'],
  [':path', '/a'],
  ...more,
];
const request = (id: number, endStream = true, fields: Fields = head()) => writeHead(id, fields, endStream);

let taken: { request: StreamRequest; response: StreamResponse }[];
let refused: string[];
let http2: Http2Server;
let client: Socket;
let received: Buffer;
let finishTake: () => void;
let close: () => void;

beforeEach(async () => {
  taken = [];
  refused = [];
  received = Buffer.alloc(0);
  const { promise, resolve } = Promise.withResolvers<void>();
  finishTake = resolve;
  http2 = createHttp2Server({
    take(received_, response) {
      taken.push({ request: received_, response });
      return promise;
    },
    refused: (_socket, reason) => refused.push(reason),
    limits: { prefaceMs: 400, idleMs: 400 },
  });
  // The server does not look at TLS.
  const server = createServer((socket) => http2.accept(socket as TLSSocket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {});
  client.on('data', (chunk: Buffer) => (received = Buffer.concat([received, chunk])));
  close = () => {
    client.destroy();
    server.close();
  };
});
afterEach(() => close());

const begin = (...frames: Buffer[]) => client.write(Buffer.concat([preface, writeFrame(types.settings), ...frames]));

/** Returns the types of the frames that came for a stream, and the payload of the last. */
function framesOf(id: number): { type: number; payload: Buffer }[] {
  const found: { type: number; payload: Buffer }[] = [];
  for (let at = 0; at + 9 <= received.length;) {
    const length = received.readUIntBE(at, 3);
    if (received.readUInt32BE(at + 5) === id)
      found.push({ type: received[at + 3]!, payload: received.subarray(at + 9, at + 9 + length) });
    at += 9 + length;
  }
  return found;
}
async function bodyOf({ request: one }: (typeof taken)[number]): Promise<string> {
  let text = '';
  for await (const chunk of one) text += String(chunk);
  return text;
}

describe('a body', () => {
  it.each<[string, () => Buffer[]]>([
    ['in its last frame', () => [writeData(1, 'abc')]],
    ['in an empty frame', () => [writeData(1, 'abc', false), writeData(1, '')]],
    [
      'in trailers, which are dropped',
      () => [writeData(1, 'abc', false), writeHead(1, [['impersonate-user', 'root']])],
    ],
  ])('is complete if it ends %s', async (_how, frames) => {
    begin(request(1, false), ...frames());
    await until(() => taken.length === 1);
    expect(await bodyOf(taken[0]!)).toBe('abc');
    expect(taken[0]!.request.complete).toBe(true);
    expect(taken[0]!.request.rawHeaders.join()).not.toContain('root');
  });

  const cuts: [string, () => void][] = [
    ['NO_ERROR', () => client.write(writeReset(1, 0))],
    ['CANCEL', () => client.write(writeReset(1, 8))],
    ['the end of the connection', () => client.end()],
    ['GOAWAY', () => client.end(writeFrame(types.goaway, 0, 0, Buffer.alloc(8)))],
    ['a lost connection', () => client.resetAndDestroy()],
  ];
  describe.each(['before it is answered', 'after it is answered'])('that is cut %s', (when) => {
    it.each(cuts)('is never complete: %s', async (_how, cut) => {
      begin(request(1, false), writeData(1, 'abc', false));
      await until(() => taken.length === 1);
      const { request: one, response } = taken[0]!;
      if (when.startsWith('after')) {
        response.writeHead(413).end();
        await until(() => framesOf(1).length > 0);
      }
      const read = bodyOf(taken[0]!).then(
        () => 'whole',
        () => 'cut',
      );
      cut();
      expect(await read).toBe('cut');
      expect(one.complete).toBe(false);
    });
  });

  it('that is empty is complete at once, and one that was reset in the same packet is not taken', async () => {
    begin(request(1, false), writeData(1, ''), request(3, false), writeReset(3, 0), request(5));
    await until(() => taken.length === 2);
    expect(taken.map(({ request: one }) => one.complete)).toEqual([true, true]);
    expect(taken.map(({ request: one }) => one.headers['transfer-encoding'])).toEqual(['chunked', undefined]);
  });
});

describe('a response', () => {
  it.each(['destroyed', 'lost with its connection'])('does not look complete when it is %s', async (how) => {
    begin(request(1));
    await until(() => taken.length === 1);
    const { response } = taken[0]!;
    response.writeHead(200, ['x-a', ' b ', 'connection', 'close']).write('half');
    await until(() => framesOf(1).some(({ type }) => type === types.data));
    if (how === 'destroyed') {
      response.destroy();
      await until(() => framesOf(1).some(({ type }) => type === types.reset));
      expect(framesOf(1).at(-1)!.payload.readUInt32BE()).toBe(2);
    } else {
      client.destroy();
      await until(() => response.destroyed);
      expect(response.writableFinished).toBe(false);
    }
  });

  it('that Node.js cannot send ends its stream only', async () => {
    begin(request(1), request(3));
    await until(() => taken.length === 2);
    taken[0]!.response.writeHead(999).end('{}');
    taken[1]!.response.writeHead(200).end('{}');
    await until(
      () => framesOf(1).some(({ type }) => type === types.reset) && framesOf(3).some(({ type }) => type === types.data),
    );
    expect(() => taken[0]!.response.writeHead(200, ['x-a', 'b\nc'])).toThrow('cannot be sent');
  });
});

describe('a request', () => {
  it.each<[string, Fields]>([
    ['another host', head([['host', 'other.example']])],
    [
      'two hosts',
      head([
        ['host', 'gate.example'],
        ['host', 'gate.example'],
      ]),
    ],
    ['a length and no body', head([['content-length', '5']])],
    ['another scheme', head().map(([name, value]) => [name, name === ':scheme' ? 'http' : value])],
    ['a target in absolute form', head().map(([name, value]) => [name, name === ':path' ? 'https://b/' : value])],
    ['a method in lower case', head().map(([name, value]) => [name, name === ':method' ? 'get' : value])],
  ])('is refused with %s', async (_what, sent) => {
    begin(request(1, true, sent));
    await until(() => framesOf(1).length > 0 || client.destroyed);
    expect(taken).toEqual([]);
  });

  it('is not taken while the gateway still works on a hundred that its client gave up', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => 2 * index + 1);
    begin();
    for (const id of ids) {
      client.write(request(id));
      await until(() => taken.length === (id + 1) / 2);
      client.write(writeReset(id, 8));
    }
    await until(() => taken.every(({ response }) => response.destroyed));
    client.write(request(201));
    await until(() => framesOf(201).length > 0);
    expect(framesOf(201)[0]).toMatchObject({ type: types.reset, payload: Buffer.of(0, 0, 0, 11) });
    finishTake();
    await new Promise((resolve) => setImmediate(resolve));
    client.write(request(203));
    await until(() => taken.length === 101);
  });
});

describe('a connection', () => {
  it.each([
    ['says nothing', () => {}],
    ['asks for nothing', () => void begin()],
  ])('ends if its client %s for long', async (_what, act) => {
    act();
    await once(client, 'close');
    expect(refused).toEqual([]);
  });

  it('is reported if its bytes are not HTTP/2', async () => {
    client.write('GET / HTTP/1.1\r\nHost: gate.example\r\n\r\n');
    await once(client, 'close');
    expect(refused).toHaveLength(1);
  });

  it('ends after its last request once the server is released', async () => {
    begin(request(1));
    await until(() => taken.length === 1);
    http2.release();
    await until(() => framesOf(0).some(({ type }) => type === types.goaway));
    expect(client.destroyed).toBe(false);
    taken[0]!.response.writeHead(200).end('{}');
    await once(client, 'close');
  });
});
