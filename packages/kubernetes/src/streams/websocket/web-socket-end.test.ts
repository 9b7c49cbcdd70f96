import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createStatus } from '../../status/status.ts';
import { encodeClose, encodeFrame, opcodes } from '../../websocket/websocket-frame.ts';
import { cut } from '../testing/conversation.ts';
import { createWebSocketEnd } from './create-web-socket-end.ts';

const revoked = createStatus({ code: 401, reason: 'Unauthorized', message: 'This session was ended.' });
const compressed = Buffer.from([0xc1, 3, 1, 2, 3]); // permessage-deflate sets RSV1
const frame = fc
  .record({
    opcode: fc.constantFrom(0, 1, 2, 9, 10),
    length: fc.constantFrom(0, 1, 125, 126, 300, 65_536),
    fin: fc.boolean(),
  })
  .map(({ opcode, length, fin }) => encodeFrame({ opcode: opcode as 0, payload: Buffer.alloc(length, 7), fin }));

/** Returns how many bytes must pass before the end can be told, asked again after each part. */
function passUntilReady(bytes: Buffer, fed: number, sizes: readonly number[]): number {
  const end = createWebSocketEnd();
  for (const part of cut(bytes.subarray(0, fed), sizes)) end.fromServer(part);
  for (let at = fed; ;) {
    const outcome = end.endWith(revoked)!;
    if (outcome.ready) return at;
    expect(outcome.remaining).toBeGreaterThan(0);
    expect(at + outcome.remaining).toBeLessThanOrEqual(bytes.length);
    end.fromServer(bytes.subarray(at, at + outcome.remaining));
    at += outcome.remaining;
  }
}

describe('the end of a WebSocket of unknown content', () => {
  it('comes exactly at the next boundary of a frame, wherever the bytes were cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(frame, fc.constant(compressed)), { minLength: 1, maxLength: 5 }),
        fc.array(fc.integer({ min: 1, max: 40_000 }), { minLength: 1 }),
        fc.nat(),
        (frames, sizes, seed) => {
          const bytes = Buffer.concat(frames);
          const fed = seed % (bytes.length + 1);
          let boundary = 0;
          for (const { length } of frames) if (boundary < fed) boundary += length;
          expect(passUntilReady(bytes, fed, sizes)).toBe(boundary);
        },
      ),
    );
  });

  it('is a close frame with a reason: 1008, or 1001 if another try can help', () => {
    const bytesOf = (code: number) => createWebSocketEnd().endWith(createStatus({ code, message: 'Why.' }));
    expect(bytesOf(403)).toEqual({ ready: true, bytes: encodeClose(1008, 'Why.'), carriesStatus: true });
    expect(bytesOf(503)).toEqual({ ready: true, bytes: encodeClose(1001, 'Why.'), carriesStatus: true });
  });

  it.each([encodeClose(1000), encodeFrame({ opcode: opcodes.close })])(
    'does not follow the close frame of the server, which passes whole',
    (close) => {
      const end = createWebSocketEnd();
      end.fromServer(close.subarray(0, 1));
      expect(end.endWith(revoked)).toMatchObject({ ready: false });
      end.fromServer(close.subarray(1));
      expect(end.endWith(revoked)).toBeUndefined();
    },
  );
});
