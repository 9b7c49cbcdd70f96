import { constants, deflateRawSync } from 'node:zlib';
import { it } from '@jest/globals';
import type { ObservedStream } from '@sallyport/kubernetes';
import fc from 'fast-check';
import { fuzzParser } from './fuzz-parser.ts';
import { observe, piece } from './observe.ts';

const kinds: ObservedStream[] = [
  { kind: 'exec', protocol: 'spdy', subprotocol: 'v4.channel.k8s.io' },
  { kind: 'portforward', protocol: 'spdy', subprotocol: 'portforward.k8s.io' },
  { kind: 'attach', protocol: 'spdy', subprotocol: '' },
];
const quad = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** Returns a compressed header block, as the first of its connection. The dictionary is named but not used. */
function block(headers: readonly (readonly [string, string])[], claimed = headers.length): Buffer {
  const plain = Buffer.concat([
    quad(claimed),
    ...headers.flatMap((pair) => pair.flatMap((text) => [quad(text.length), Buffer.from(text, 'latin1')])),
  ]);
  return Buffer.concat([
    Buffer.from([0x78, 0xf9, 0xe3, 0xc6, 0xa7, 0xc2]),
    deflateRawSync(plain, { finishFlush: constants.Z_SYNC_FLUSH }),
  ]);
}
const control = (type: number, flags: number, payload: Uint8Array) =>
  Buffer.concat([
    Buffer.from([0x80, 3, 0, type, flags, payload.length >> 16, (payload.length >> 8) & 255, payload.length & 255]),
    payload,
  ]);
const open = (id: number, headers: readonly (readonly [string, string])[], claimed?: number) =>
  control(1, 0, Buffer.concat([quad(id), quad(0), Buffer.from([0, 0]), block(headers, claimed)]));
const data = (id: number, flags: number, payload: Uint8Array) =>
  Buffer.concat([
    quad(id),
    Buffer.from([flags, payload.length >> 16, (payload.length >> 8) & 255, payload.length & 255]),
    payload,
  ]);

const side = fc.constantFrom('client' as const, 'server' as const);
const small = fc.uint8Array({ maxLength: 40 });
const header = fc.tuple(
  fc.constantFrom('streamtype', 'port', 'requestid', 'x', ''),
  fc.oneof(
    fc.constantFrom('stdin', 'stdout', 'error', 'data', '8080', '0', '-1', '99999999999'),
    fc.string({ unit: 'binary-ascii', maxLength: 12 }),
  ),
);
const frame = fc.oneof(
  fc
    .tuple(side, fc.nat(9), fc.nat(255), small)
    .map(([who, type, flags, payload]) => piece(who, control(type, flags, payload))),
  fc
    .tuple(
      side,
      fc.nat(7),
      fc.array(header, { maxLength: 4 }),
      fc.option(fc.constantFrom(0, 5, 0xff_ff_ff_ff), { nil: undefined }),
    )
    .map(([who, id, headers, claimed]) => piece(who, open(id, headers, claimed))),
  fc
    .tuple(side, fc.oneof(fc.nat(7), fc.constant(0x7f_ff_ff_ff)), fc.nat(3), small)
    .map(([who, id, flags, payload]) => piece(who, data(id, flags, payload))),
  fc.tuple(side, small).map(([who, payload]) => piece(who, payload)),
);

it(
  'SPDY of either side is either read or abandoned, and no bomb is decompressed',
  () =>
    fuzzParser({
      name: 'spdy',
      feed: (input) => observe(kinds[(input[0] ?? 0) % kinds.length]!, input.subarray(1)),
      tokens: [
        Buffer.from([0x80, 3, 0, 1]),
        Buffer.from([0x78, 0xf9, 0xe3, 0xc6, 0xa7, 0xc2]),
        Buffer.from([0, 0, 0xff, 0xff]),
        quad(0x7f_ff_ff_ff),
        quad(1),
        Buffer.from([1, 0]),
        Buffer.from([5, 0xff, 0xff]),
        'streamtype',
        'error',
        '8080',
      ],
      seeds: [
        Buffer.concat([
          Buffer.from([0]),
          piece('client', open(1, [['streamtype', 'error']])),
          piece('server', control(2, 0, Buffer.concat([quad(1), block([])]))),
          piece('server', data(1, 1, Buffer.from('{"status":"Success"}'))),
          piece('client', control(6, 0, quad(1))),
          piece('server', control(7, 0, Buffer.alloc(8))),
        ]),
        Buffer.concat([
          Buffer.from([1]),
          piece(
            'client',
            open(1, [
              ['streamtype', 'data'],
              ['port', '8080'],
              ['requestid', '0'],
            ]),
          ),
          piece('client', data(1, 0, Buffer.from('GET / HTTP/1.1\r\n\r\n'))),
          piece('server', data(1, 1, Buffer.from('HTTP/1.1 200 OK\r\n\r\n'))),
        ]),
        Buffer.concat([
          Buffer.from([0]),
          piece('client', open(1, [['a', '\0'.repeat(60_000)]])),
          piece('client', control(8, 0, quad(1))),
        ]),
      ],
      built: fc
        .tuple(fc.nat(2), fc.array(frame, { maxLength: 10 }))
        .map(([kind, pieces]) => Buffer.concat([Buffer.from([kind]), ...pieces])),
    }),
  1_200_000,
);
