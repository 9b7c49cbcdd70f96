import { randomFillSync } from 'node:crypto';

const poolSize = 4096;

export type IdSourceDeps = {
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Fills the buffer with random bytes. The default is the system's generator. */
  fill?: (buffer: Uint8Array) => void;
};

/**
 * Creates a source of UUIDs of version 7 (RFC 9562). They sort by time, and strictly increase within one source even
 * when the clock stops or goes back.
 */
export function createIdSource(deps: IdSourceDeps): () => string {
  const fill = deps.fill ?? ((buffer) => void randomFillSync(buffer));
  const pool = Buffer.alloc(poolSize);
  const id = Buffer.alloc(16);
  let used = poolSize;
  let last = -1;
  let counter = 0;
  return () => {
    if (used === poolSize) {
      fill(pool);
      used = 0;
    }
    pool.copy(id, 8, used, used + 8);
    used += 8;
    const ms = Math.floor(deps.now());
    if (ms > last) [last, counter] = [ms, 0];
    else if (++counter > 0xfff) [last, counter] = [last + 1, 0];
    id.writeUIntBE(last, 0, 6);
    id.writeUInt16BE(0x7000 | counter, 6);
    id[8] = (id[8]! & 0x3f) | 0x80;
    const hex = id.toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };
}
