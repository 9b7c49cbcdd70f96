import { chunkBytes } from '../format/part-layout.ts';
import { sealTagBytes } from '../seal/seal-chunk.ts';

/** Memory for bytes that one write takes to the disk. `end` is the offset in the part that they reach. */
export type Block = { memory: Buffer; used: number; end: number };

/** Memory that recordings use in turns. Without it, collecting a buffer for each write costs more than the write. */
export type BlockPool = { take(): Block; give(block: Block): void };

const blockBytes = 16 * (chunkBytes + sealTagBytes);
const kept = 8;

/** Creates a pool. */
export function createBlockPool(): BlockPool {
  const free: Buffer[] = [];
  return {
    take: () => ({ memory: free.pop() ?? Buffer.allocUnsafeSlow(blockBytes), used: 0, end: 0 }),
    give({ memory }) {
      if (free.length < kept) free.push(memory);
    },
  };
}
