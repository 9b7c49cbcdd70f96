import { chunkBytes } from '../format/part-layout.ts';
import { sealChunk } from './seal-chunk.ts';

/**
 * Seals the chunks of an age file, one after another, into memory of the caller: all of 64 KiB, and the last shorter and
 * not empty.
 */
export type AgePayload = {
  seal(text: Uint8Array, isLast: boolean, into: Buffer): void;
  /** Wipes the key. */
  wipe(): void;
};

/** Creates what seals a payload with this key. */
export function createAgePayload(key: Buffer): AgePayload {
  let count = 0;
  return {
    seal(text, isLast, into) {
      if (isLast ? text.length === 0 : text.length !== chunkBytes) throw new Error('not a chunk of an age file');
      const nonce = Buffer.alloc(12);
      nonce.writeUInt32BE(count, 7);
      nonce[11] = isLast ? 1 : 0;
      count += 1;
      sealChunk(key, nonce, text, into);
    },
    wipe: () => void key.fill(0),
  };
}
