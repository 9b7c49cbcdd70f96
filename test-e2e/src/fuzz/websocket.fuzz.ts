import { it } from '@jest/globals';
import {
  encodeChannel,
  encodeChannelClose,
  encodeClose,
  encodeFrame,
  opcodes,
  WebSocketError,
  type ObservedStream,
} from '@sallyport/kubernetes';
import { FrameReader, MessageReader } from '@sallyport/practice-cluster';
import fc from 'fast-check';
import { fuzzParser } from './fuzz-parser.ts';
import { observe, piece } from './observe.ts';

const mask = Buffer.from([1, 2, 3, 4]);
const kinds: ObservedStream[] = [
  { kind: 'exec', protocol: 'websocket', subprotocol: 'v5.channel.k8s.io' },
  { kind: 'attach', protocol: 'websocket', subprotocol: 'v4.channel.k8s.io' },
  { kind: 'portforward', protocol: 'websocket', subprotocol: 'SPDY/3.1+portforward.k8s.io' },
];
const said = (channel: number, text: string, masked: boolean) =>
  encodeFrame({
    opcode: opcodes.binary,
    payload: encodeChannel(channel, Buffer.from(text)),
    ...(masked ? { mask } : {}),
  });
const failure =
  '{"metadata":{},"status":"Failure","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}';

function feed(input: Buffer): void {
  const about = kinds[(input[0] ?? 0) % kinds.length]!;
  observe(about, input.subarray(1));
  for (const expectMasked of [true, false]) {
    for (const Reader of [FrameReader, MessageReader]) {
      try {
        const reader = new Reader({ expectMasked, maxPayload: 65_536, maxMessage: 65_536 } as never);
        for (let at = 1; at < input.length; at += 700) reader.push(input.subarray(at, at + 700));
      } catch (error) {
        if (!(error instanceof WebSocketError)) throw error;
      }
    }
  }
}

const frame = fc
  .record({
    side: fc.constantFrom('client' as const, 'server' as const),
    first: fc.nat(255),
    second: fc.nat(255),
    length: fc.oneof(fc.nat(40), fc.constantFrom(125, 126, 127, 65_535)),
    body: fc.uint8Array({ maxLength: 60 }),
  })
  .map(({ side, first, second, length, body }) =>
    piece(side, Buffer.concat([Buffer.from([first, second, length >> 8, length & 255]), body])),
  );
const proper = fc
  .record({
    side: fc.constantFrom('client' as const, 'server' as const),
    channel: fc.nat(8),
    text: fc.string({ unit: 'binary', maxLength: 60 }),
    opcode: fc.constantFrom(0, 1, 2, 8, 9, 10),
    fin: fc.boolean(),
  })
  .map(({ side, channel, text, opcode, fin }) =>
    piece(
      side,
      encodeFrame({
        opcode,
        fin,
        payload: encodeChannel(channel, Buffer.from(text)),
        ...(side === 'client' ? { mask } : {}),
      } as never),
    ),
  );

it(
  'WebSocket frames of either side are either read or abandoned',
  () =>
    fuzzParser({
      name: 'websocket',
      feed,
      tokens: [
        Buffer.from([0x82, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
        Buffer.from([0x82, 0xfe, 0xff, 0xff]),
        Buffer.from([0x88, 0x80, 0, 0, 0, 0]),
        Buffer.from([0x89, 0x00]),
        Buffer.from([0x00, 0x01, 0x02]),
        Buffer.from([255, 3]),
        failure,
      ],
      seeds: [
        Buffer.concat([
          Buffer.from([0]),
          piece('client', said(0, 'ls\n', true)),
          piece('server', said(1, 'a b\n', false)),
          piece('server', said(3, failure, false)),
          piece('server', encodeFrame({ opcode: opcodes.close, payload: encodeClose(1000, '') })),
        ]),
        Buffer.concat([
          Buffer.from([1]),
          piece('client', said(4, '{"Width":80,"Height":24}', true)),
          piece('server', said(2, 'oh', false)),
          piece('client', encodeFrame({ opcode: opcodes.binary, payload: encodeChannelClose(0), mask })),
        ]),
        Buffer.concat([
          Buffer.from([2]),
          piece(
            'client',
            encodeFrame({
              opcode: opcodes.binary,
              payload: Buffer.from([0x80, 3, 0, 1, 0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
              mask,
            }),
          ),
        ]),
      ],
      built: fc
        .tuple(fc.nat(2), fc.array(fc.oneof(frame, proper), { maxLength: 10 }))
        .map(([kind, pieces]) => Buffer.concat([Buffer.from([kind]), ...pieces])),
    }),
  1_200_000,
);
