import { createHash, randomFillSync } from 'node:crypto';
import { chunkBytes, tailHeaderBytes } from '../format/part-layout.ts';
import { beginAgeFile } from '../seal/age-header.ts';
import { createAgePayload } from '../seal/age-payload.ts';
import type { AgeRecipient } from '../seal/age-recipient.ts';
import { sealChunk, sealTagBytes } from '../seal/seal-chunk.ts';
import type { Block, BlockPool } from './block-pool.ts';

/** Seals one part: its chunks, and, while it is being written, the tail that has what is in no whole chunk yet. */
export class SealedPart {
  readonly number: number;
  /** The digest of the file, in hexadecimal, when the part is closed. */
  sha256: string | undefined;
  readonly #recipients: readonly AgeRecipient[];
  readonly #chunk: Buffer;
  readonly #pool: BlockPool;
  readonly #payload;
  readonly #hash = createHash('sha256');
  readonly #blocks: Block[] = [];
  /** The offset of the chunk in the part, how much it has, and how much of that is in the tail. */
  #chunkStart = 0;
  #filled = 0;
  #tailed = 0;
  #tailKey: Buffer | undefined;
  #fileBytes = 0;

  /** Begins a part. `chunk` is memory for a chunk, which only one part at a time uses. */
  constructor(number: number, recipients: readonly AgeRecipient[], chunk: Buffer, pool: BlockPool) {
    this.number = number;
    [this.#recipients, this.#chunk, this.#pool] = [recipients, chunk, pool];
    const { header, payloadKey } = beginAgeFile(recipients);
    this.#payload = createAgePayload(payloadKey);
    this.#reserve(header.length).set(header);
    this.#push(header.length);
  }

  /** How many bytes are in the part. */
  get length(): number {
    return this.#chunkStart + this.#filled;
  }

  /** Whether bytes for the file wait. */
  get hasSealed(): boolean {
    return this.#blocks.length > 0;
  }

  /** Whether bytes wait that are in neither a chunk nor the tail. */
  get hasRest(): boolean {
    return this.#filled > this.#tailed;
  }

  /** The size of the file so far. */
  get fileBytes(): number {
    return this.#fileBytes;
  }

  /** Adds bytes. The last ones close the part, and there must be some: only the last chunk of a file may be short. */
  add(bytes: Uint8Array, isLast = false): void {
    for (let from = 0; from < bytes.length;) {
      const count = Math.min(chunkBytes - this.#filled, bytes.length - from);
      this.#chunk.set(bytes.subarray(from, from + count), this.#filled);
      this.#filled += count;
      from += count;
      if (this.#filled === chunkBytes && !(isLast && from === bytes.length)) this.#seal(false);
    }
    if (!isLast) return;
    this.#seal(true);
    this.sha256 = this.#hash.digest('hex');
    this.wipe();
  }

  /** Returns the first bytes that are sealed for the file. The caller gives the block back to the pool. */
  takeBlock(): Block {
    return this.#blocks.shift()!;
  }

  /** Returns the file with the key of the tail, the first time, and the next record of the tail. */
  takeTail(): { bytes: Buffer; end: number; keyFile?: Buffer } {
    const keyFile = this.#tailKey ? undefined : this.#beginTail();
    const [offset, text] = [this.#chunkStart + this.#tailed, this.#chunk.subarray(this.#tailed, this.#filled)];
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(offset, 8);
    const bytes = Buffer.allocUnsafe(tailHeaderBytes + text.length + sealTagBytes);
    bytes.writeUInt32BE(text.length + sealTagBytes, 0);
    bytes.writeUInt32BE(offset, 4);
    sealChunk(this.#tailKey!, nonce, text, bytes.subarray(tailHeaderBytes));
    this.#tailed = this.#filled;
    return { bytes, end: this.length, keyFile };
  }

  /** Wipes the keys. */
  wipe(): void {
    this.#payload.wipe();
    this.#tailKey?.fill(0);
  }

  #beginTail(): Buffer {
    this.#tailKey = randomFillSync(Buffer.alloc(32));
    const { header, payloadKey } = beginAgeFile(this.#recipients);
    const payload = createAgePayload(payloadKey);
    const sealed = Buffer.alloc(this.#tailKey.length + sealTagBytes);
    payload.seal(this.#tailKey, true, sealed);
    payload.wipe();
    return Buffer.concat([header, sealed]);
  }

  #seal(isLast: boolean): void {
    const length = this.#filled + sealTagBytes;
    this.#payload.seal(this.#chunk.subarray(0, this.#filled), isLast, this.#reserve(length));
    this.#chunkStart += this.#filled;
    this.#filled = this.#tailed = 0;
    this.#push(length);
  }

  /** Returns memory for the next bytes of the file. */
  #reserve(length: number): Buffer {
    let block = this.#blocks.at(-1);
    if (!block || block.used + length > block.memory.length) this.#blocks.push((block = this.#pool.take()));
    return block.memory.subarray(block.used, block.used + length);
  }

  /** Takes what is in the memory that was reserved. */
  #push(length: number): void {
    const block = this.#blocks.at(-1)!;
    this.#hash.update(block.memory.subarray(block.used, block.used + length));
    block.used += length;
    block.end = this.#chunkStart;
    this.#fileBytes += length;
  }
}
