import { StreamFault } from '../observer/stream-observer.ts';
import type { HuffmanCode } from './huffman-code.ts';

/** Reads bits, the lowest of each byte first (RFC 1951, 3.1.1). Throws StreamFault if the input ends too early. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #at: number;
  #held = 0;
  #count = 0;

  constructor(bytes: Uint8Array, start: number) {
    this.#bytes = bytes;
    this.#at = start;
  }

  /** Whether every bit has been read. */
  get atEnd(): boolean {
    return this.#count === 0 && this.#at === this.#bytes.length;
  }

  /** Returns the next `count` bits (at most 16) as a number. */
  bits(count: number): number {
    while (this.#count < count) {
      if (this.#at === this.#bytes.length) throw new StreamFault('a header block that ends too early');
      this.#held |= this.#bytes[this.#at++]! << this.#count;
      this.#count += 8;
    }
    const value = this.#held & ((1 << count) - 1);
    this.#held >>>= count;
    this.#count -= count;
    return value;
  }

  /** Returns the next symbol of a code. */
  symbol({ counts, symbols }: HuffmanCode): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < counts.length; length += 1) {
      code |= this.bits(1);
      const count = counts[length]!;
      if (code - first < count) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new StreamFault('a header block with an undefined code');
  }

  /** Returns the next `count` whole bytes. */
  bytes(count: number): Uint8Array {
    if (this.#at + count > this.#bytes.length) throw new StreamFault('a header block that ends too early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** Skips to the next byte boundary. At most seven bits are kept between two reads. */
  align(): void {
    this.#held = 0;
    this.#count = 0;
  }
}
