import { once } from 'node:events';
import { Duplex, PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { encodeFrame, opcodes } from '@sallyport/kubernetes';
import fc from 'fast-check';
import { WebSocketBytes } from './web-socket-bytes.ts';

const none = Buffer.alloc(0);
const mask = Buffer.from([9, 200, 3, 255]);

function receiver(side: 'gateway' | 'connector' = 'gateway') {
  const wire = new PassThrough();
  const socket = Duplex.from({ readable: wire, writable: new PassThrough().resume() });
  const bytes = new WebSocketBytes({ socket, head: none, side, onAlive() {} });
  return { wire, bytes };
}

async function readAll(bytes: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const close = encodeFrame({ opcode: opcodes.close, payload: Buffer.from([3, 232]), mask });

describe('the bytes in a WebSocket', () => {
  it('are the same however they are split into frames and chunks', async () => {
    const parts = fc.array(fc.tuple(fc.uint8Array({ maxLength: 400 }), fc.boolean()), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(parts, fc.array(fc.integer({ min: 1, max: 300 })), async (frames, cuts) => {
        const { wire, bytes } = receiver();
        let isFirst = true;
        const encoded = frames.map(([payload, more], index) => {
          const fin = !more || index === frames.length - 1;
          const frame = encodeFrame({ opcode: isFirst ? opcodes.binary : opcodes.continuation, payload, fin, mask });
          isFirst = fin;
          // A control frame may be between any two.
          return Buffer.concat([frame, encodeFrame({ opcode: opcodes.ping, payload: Buffer.from('p'), mask })]);
        });
        let rest = Buffer.concat([...encoded, close]);
        for (const cut of cuts) {
          wire.write(rest.subarray(0, cut));
          rest = rest.subarray(cut);
        }
        wire.write(rest);
        const whole = Buffer.concat(frames.map(([payload]) => payload));
        expect((await readAll(bytes)).equals(whole)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it.each([
    ['a continuation of nothing', { opcode: opcodes.continuation, payload: none, mask }],
    ['a text frame', { opcode: opcodes.text, payload: none, mask }],
    ['a frame without a mask', { opcode: opcodes.binary, payload: none }],
  ])('end with an error at %s', async (_what, frame) => {
    const { wire, bytes } = receiver();
    wire.write(encodeFrame(frame));
    await expect(readAll(bytes)).rejects.toThrow();
  });

  it('end with an error when the socket ends before the WebSocket does', async () => {
    const { wire, bytes } = receiver();
    wire.end(encodeFrame({ opcode: opcodes.binary, payload: Buffer.from('half'), mask }));
    await expect(readAll(bytes)).rejects.toThrow('cut');
  });

  it('tell the reason with which the peer closes', async () => {
    const { wire, bytes } = receiver('connector');
    const reason = Buffer.concat([Buffer.from([3, 240]), Buffer.from('not-known')]);
    wire.write(encodeFrame({ opcode: opcodes.close, payload: reason }));
    await once(bytes.resume(), 'end');
    expect(bytes.closeReason).toBe('not-known');
  });
});
