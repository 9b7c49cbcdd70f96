import { StreamFault } from '../observer/stream-observer.ts';
import { BitReader } from './bit-reader.ts';
import { headerDictionary, headerDictionaryId } from './header-dictionary.ts';
import { fixedCodes, huffmanCode, type HuffmanCode } from './huffman-code.ts';

/** Maximum inflated bytes of a header block, and of all header blocks in one direction of a connection. */
export const maxBlockBytes = 65_536;
export const maxTotalBytes = 64 * 1_048_576;

const windowBytes = 32_768;
const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12_289, 16_385, 24_577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/**
 * Inflates the header blocks of one direction of a connection, which are one zlib stream (RFC 1950, 1951) that is flushed
 * after each block.
 *
 * It is our own because Node's inflater keeps its state between calls only when used asynchronously, and because the end
 * of a block must be known to the bit: the meaning of the next block depends on it, and readers that differ there read
 * different streams. A block that does not end with its bytes is refused, and so is one that ends the zlib stream.
 */
export class HeaderInflater {
  #out = Buffer.alloc(4096);
  #length: number;
  #started = false;
  #total = 0;
  #limit = 0;

  constructor() {
    this.#length = headerDictionary.copy(this.#out);
  }

  /** Whether a block was read. The first one begins with the header of the zlib stream. */
  get started(): boolean {
    return this.#started;
  }

  /** Inflates a block to at most `maxBlockBytes`. After a StreamFault the connection cannot be read further. */
  inflate(block: Uint8Array): Buffer {
    const input = new BitReader(block, this.#started ? 0 : readZlibHeader(block));
    this.#started = true;
    this.#forget();
    const start = this.#length;
    this.#limit = start + maxBlockBytes;
    if (input.atEnd) throw new StreamFault('a header block that ends too early');
    while (!input.atEnd) this.#readBlock(input);
    this.#total += this.#length - start;
    if (this.#total > maxTotalBytes) throw new StreamFault(`more than ${maxTotalBytes} bytes of headers`);
    return Buffer.from(this.#out.subarray(start, this.#length));
  }

  /** Drops everything before the window once there is much more. */
  #forget(): void {
    if (this.#length <= 2 * windowBytes) return;
    this.#out.copyWithin(0, this.#length - windowBytes, this.#length);
    this.#length = windowBytes;
  }

  #room(count: number): void {
    const needed = this.#length + count;
    if (needed > this.#limit) throw new StreamFault(`a header block of more than ${maxBlockBytes} bytes`);
    if (needed <= this.#out.length) return;
    const grown = Buffer.alloc(Math.max(needed, 2 * this.#out.length));
    this.#out.copy(grown, 0, 0, this.#length);
    this.#out = grown;
  }

  #readBlock(input: BitReader): void {
    if (input.bits(1) === 1) throw new StreamFault('a header block that ends the compression');
    const type = input.bits(2);
    if (type === 0) this.#stored(input);
    else if (type === 1) this.#compressed(input, fixedCodes);
    else if (type === 2) this.#compressed(input, readCodes(input));
    else throw new StreamFault('a header block of an unknown type');
  }

  #stored(input: BitReader): void {
    input.align();
    const [a, b, c, d] = input.bytes(4);
    const count = a! | (b! << 8);
    if (count !== (~(c! | (d! << 8)) & 0xffff)) throw new StreamFault('a header block with a wrong length');
    this.#room(count);
    this.#out.set(input.bytes(count), this.#length);
    this.#length += count;
  }

  #compressed(input: BitReader, { literals, distances }: { literals: HuffmanCode; distances: HuffmanCode }): void {
    for (;;) {
      const symbol = input.symbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.#room(1);
        this.#out[this.#length++] = symbol;
      } else this.#repeat(input, symbol - 257, distances);
    }
  }

  #repeat(input: BitReader, lengthCode: number, distances: HuffmanCode): void {
    if (lengthCode >= lengthBase.length) throw new StreamFault('a header block with an undefined code');
    const count = lengthBase[lengthCode]! + input.bits(lengthExtra[lengthCode]!);
    const code = input.symbol(distances);
    if (code >= distanceBase.length) throw new StreamFault('a header block with an undefined code');
    const distance = distanceBase[code]! + input.bits(distanceExtra[code]!);
    if (distance > this.#length) throw new StreamFault('a header block that reaches back too far');
    this.#room(count);
    const out = this.#out;
    let at = this.#length;
    for (const end = at + count; at < end; at += 1) out[at] = out[at - distance]!;
    this.#length = at;
  }
}

function readZlibHeader(bytes: Uint8Array): number {
  if (bytes.length < 6) throw new StreamFault('a header block that ends too early');
  const [method, flags] = [bytes[0]!, bytes[1]!];
  const id = ((bytes[2]! << 24) | (bytes[3]! << 16) | (bytes[4]! << 8) | bytes[5]!) >>> 0;
  const valid =
    (method & 0x0f) === 8 &&
    method >> 4 <= 7 &&
    (method * 256 + flags) % 31 === 0 &&
    (flags & 0x20) !== 0 &&
    id === headerDictionaryId;
  if (!valid) throw new StreamFault('headers that are not compressed as SPDY requires');
  return 6;
}

function readCodes(input: BitReader): { literals: HuffmanCode; distances: HuffmanCode } {
  const literalCount = input.bits(5) + 257;
  const distanceCount = input.bits(5) + 1;
  const codeCount = input.bits(4) + 4;
  if (literalCount > 286 || distanceCount > 30) throw new StreamFault('a header block with too many codes');
  const codeLengths = new Uint8Array(19);
  for (let index = 0; index < codeCount; index += 1) codeLengths[codeLengthOrder[index]!] = input.bits(3);
  const lengths = readLengths(input, huffmanCode(codeLengths, false), literalCount + distanceCount);
  if (lengths[256] === 0) throw new StreamFault('a header block without an end');
  return {
    literals: huffmanCode(lengths.subarray(0, literalCount), false),
    distances: huffmanCode(lengths.subarray(literalCount), true),
  };
}

function readLengths(input: BitReader, code: HuffmanCode, count: number): Uint8Array {
  const lengths = new Uint8Array(count);
  for (let at = 0; at < count;) {
    const symbol = input.symbol(code);
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    if (symbol === 16 && at === 0) throw new StreamFault('a header block that repeats a missing length');
    const repeated = symbol === 16 ? lengths[at - 1]! : 0;
    const times = symbol === 16 ? 3 + input.bits(2) : symbol === 17 ? 3 + input.bits(3) : 11 + input.bits(7);
    if (at + times > count) throw new StreamFault('a header block with too many codes');
    lengths.fill(repeated, at, at + times);
    at += times;
  }
  return lengths;
}
