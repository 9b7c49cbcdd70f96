import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';

/** The SHA-256 (hexadecimal) of input and output, and the rate of one direction (millions of bytes per second). */
export type Pumped = { sent: string; received: string; receivedBytes: number; rate: number };

const block = 1 << 20;

/** Writes `bytes` random bytes without repetition and ends `into`. Returns their SHA-256. */
async function write(into: Writable, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  const random = randomBytes(block);
  for (let written = 0, turn = 0; written < bytes; turn += 1) {
    // The writer may still buffer the last block.
    const next = Buffer.from(random.subarray(0, Math.min(block, bytes - written)));
    if (next.length >= 8) next.writeDoubleBE(turn);
    hash.update(next);
    written += next.length;
    if (!into.write(next)) await once(into, 'drain');
  }
  into.end();
  return hash.digest('hex');
}

/** Sends `bytes` bytes to an echo, and reads until the same number has come back or it ends. */
export async function pump(into: Writable, from: Readable, bytes: number): Promise<Pumped> {
  const began = performance.now();
  const hash = createHash('sha256');
  let receivedBytes = 0;
  const reading = (async () => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      hash.update(chunk);
      receivedBytes += chunk.length;
      if (receivedBytes >= bytes) break;
    }
  })();
  const [sent] = await Promise.all([write(into, bytes), reading]);
  return {
    sent,
    received: hash.digest('hex'),
    receivedBytes,
    rate: Math.round(bytes / (performance.now() - began) / 1000),
  };
}
