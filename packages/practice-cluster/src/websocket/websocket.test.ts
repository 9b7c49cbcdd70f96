import { describe, expect, it } from '@jest/globals';
import { acceptKey, encodeClose, encodeFrame, isWebSocketKey, opcodes, WebSocketError } from '@sallyport/kubernetes';
import fc from 'fast-check';
import { FrameReader } from './frame-reader.ts';
import { MessageReader } from './message-reader.ts';

/** Any character. The built-in arbitrary of fast-check first builds a table of all of them. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const mask = Buffer.from([1, 2, 3, 4]);

function server(limits: { maxPayload?: number; maxMessage?: number } = {}): MessageReader {
  return new MessageReader({ expectMasked: true, maxPayload: 1 << 20, maxMessage: 1 << 20, ...limits });
}

function violation(bytes: Buffer, reader = server()): number {
  try {
    reader.push(bytes);
  } catch (error) {
    if (error instanceof WebSocketError) return error.closeCode;
    throw error;
  }
  return 0;
}

function split(bytes: Buffer, sizes: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('the handshake', () => {
  it('answers the example key of RFC 6455', () => {
    expect(acceptKey('dGhlIHNhbXBsZSBub25jZQ==')).toBe('s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  });

  it('accepts only 16 bytes in base64 as a key', () => {
    expect(
      ['dGhlIHNhbXBsZSBub25jZQ==', '', 'abc', 'dGhlIHNhbXBsZSBub25jZQ', 'dGhlIHNhbXBsZSBub25jZR=='].map(isWebSocketKey),
    ).toEqual([true, false, false, false, false]);
  });
});

describe('frames', () => {
  it('of any content are decoded unchanged, however they are split', () => {
    const payloads = fc.array(fc.uint8Array({ maxLength: 70_000, size: 'max' }), { maxLength: 3 });
    fc.assert(
      fc.property(
        payloads,
        fc.boolean(),
        fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1 }),
        (messages, masked, sizes) => {
          const reader = new FrameReader({ expectMasked: masked, maxPayload: 1 << 20 });
          const bytes = Buffer.concat(
            messages.map((payload) =>
              encodeFrame({ opcode: opcodes.binary, payload, mask: masked ? mask : undefined }),
            ),
          );
          const frames = split(bytes, sizes).flatMap((chunk) => reader.push(chunk));
          expect(frames.map(({ payload }) => payload.toString('hex'))).toEqual(
            messages.map((data) => Buffer.from(data).toString('hex')),
          );
        },
      ),
      { numRuns: 50 },
    );
  });

  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])('of %i bytes are decoded byte by byte', (length) => {
    const payload = Buffer.alloc(length, 7);
    const reader = new FrameReader({ expectMasked: true, maxPayload: 1 << 20 });
    const frames = split(encodeFrame({ opcode: opcodes.text, payload, mask }), [1]).flatMap((chunk) =>
      reader.push(chunk),
    );
    expect(frames).toEqual([{ fin: true, opcode: opcodes.text, payload }]);
  });

  it('copy each payload byte once, however they are split', () => {
    for (const length of [100_000, 200_000]) {
      const reader = new FrameReader({ expectMasked: true, maxPayload: 1 << 20 });
      for (const chunk of split(encodeFrame({ opcode: opcodes.binary, payload: Buffer.alloc(length), mask }), [1]))
        reader.push(chunk);
      expect(reader.bytesCopied).toBe(length);
    }
  });
});

describe('a violation is answered with its close code', () => {
  const huge = Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4]);
  it.each([
    ['a reserved bit', Buffer.from([0xc2, 0x80]), 1002],
    ['an unknown opcode', Buffer.from([0x83, 0x80]), 1002],
    ['an unmasked frame from a client', encodeFrame({ opcode: opcodes.text }), 1002],
    ['a fragmented ping', encodeFrame({ opcode: opcodes.ping, fin: false, mask }), 1002],
    ['a ping of 126 bytes', encodeFrame({ opcode: opcodes.ping, payload: Buffer.alloc(126), mask }), 1002],
    ['a length that is longer than it must be', Buffer.from([0x82, 0xfe, 0, 5]), 1002],
    ['a 64-bit length that is longer than it must be', Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0xff, 0xff]), 1002],
    ['a length with the highest bit', Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0]), 1002],
    ['a frame of 4 GiB, before a byte of it has come', huge.subarray(0, 10), 1009],
    ['a continuation of nothing', encodeFrame({ opcode: opcodes.continuation, mask }), 1002],
    [
      'a message inside a message',
      Buffer.concat([
        encodeFrame({ opcode: opcodes.text, fin: false, mask }),
        encodeFrame({ opcode: opcodes.text, mask }),
      ]),
      1002,
    ],
    ['text that is not UTF-8', encodeFrame({ opcode: opcodes.text, payload: Buffer.from([0xff]), mask }), 1007],
    ['a close of one byte', encodeFrame({ opcode: opcodes.close, payload: Buffer.from([3]), mask }), 1002],
    ['a close code that must not be sent', encodeClose(1005, '', mask), 1002],
    [
      'a close reason that is not UTF-8',
      encodeFrame({ opcode: opcodes.close, payload: Buffer.from([3, 0xe8, 0xff]), mask }),
      1007,
    ],
  ])('closes after %s', (_name, bytes, code) => {
    expect(violation(bytes)).toBe(code);
  });

  it('a server that masks', () => {
    expect(
      violation(
        encodeFrame({ opcode: opcodes.text, mask }),
        new MessageReader({ expectMasked: false, maxPayload: 9, maxMessage: 9 }),
      ),
    ).toBe(1002);
  });

  it('a message that is too large or has too many fragments', () => {
    const fragment = (payload: Buffer, first: boolean): Buffer =>
      encodeFrame({ opcode: first ? opcodes.binary : opcodes.continuation, payload, fin: false, mask });
    expect(
      violation(
        Buffer.concat([0, 1, 2].map((turn) => fragment(Buffer.alloc(40), turn === 0))),
        server({ maxMessage: 100 }),
      ),
    ).toBe(1009);
    expect(
      violation(Buffer.concat(Array.from({ length: 5000 }, (_, turn) => fragment(Buffer.alloc(0), turn === 0)))),
    ).toBe(1009);
  });
});

describe('messages', () => {
  it('are combined from fragments with control frames in between', () => {
    const bytes = Buffer.concat([
      encodeFrame({ opcode: opcodes.text, payload: Buffer.from('h\u00fc').subarray(0, 2), fin: false, mask }),
      encodeFrame({ opcode: opcodes.ping, payload: Buffer.from('p'), mask }),
      encodeFrame({ opcode: opcodes.continuation, payload: Buffer.from('h\u00fc').subarray(2), mask }),
    ]);
    for (const sizes of [[1], [3, 2], [100]]) {
      const reader = server();
      expect(split(bytes, sizes).flatMap((chunk) => reader.push(chunk))).toEqual([
        { type: 'ping', data: Buffer.from('p') },
        { type: 'text', data: Buffer.from('h\u00fc') },
      ]);
    }
  });

  it('end with the close frame', () => {
    expect(
      server().push(Buffer.concat([encodeClose(1000, 'bye', mask), encodeFrame({ opcode: opcodes.text, mask })])),
    ).toEqual([{ type: 'close', code: 1000, reason: 'bye' }]);
    expect(server().push(encodeFrame({ opcode: opcodes.close, mask }))).toEqual([
      { type: 'close', code: 1005, reason: '' },
    ]);
  });

  it('never make the reader throw anything except a WebSocketError', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }), (chunks) => {
        const reader = server({ maxPayload: 64, maxMessage: 64 });
        try {
          for (const chunk of chunks) reader.push(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(WebSocketError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a close reason', () => {
  it('is truncated to fit, between characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, minLength: 0, maxLength: 200, size: 'max' }), (reason) => {
        const events = new MessageReader({ expectMasked: false, maxPayload: 125, maxMessage: 125 }).push(
          encodeClose(1011, reason),
        );
        expect(events).toEqual([{ type: 'close', code: 1011, reason: expect.anything() }]);
        expect(reason.startsWith((events[0] as { reason: string }).reason)).toBe(true);
      }),
    );
  });
});
