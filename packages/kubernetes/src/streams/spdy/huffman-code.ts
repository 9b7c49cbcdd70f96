import { StreamFault } from '../observer/stream-observer.ts';

const maxBits = 15;

/**
 * A canonical Huffman code (RFC 1951, 3.2.2): the number of codes of each length, and the symbols in the order of their
 * codes.
 */
export type HuffmanCode = { counts: Uint16Array; symbols: Uint16Array };

/**
 * Creates a code from the lengths of its codes. Throws StreamFault if two codes overlap, or if bits are unassigned, unless
 * there is a single code and `mayBeSparse` (as for distances).
 */
export function huffmanCode(lengths: Uint8Array, mayBeSparse: boolean): HuffmanCode {
  const counts = new Uint16Array(maxBits + 1);
  for (const length of lengths) counts[length]! += 1;
  let left = 1;
  for (let bits = 1; bits <= maxBits; bits += 1) {
    left = 2 * left - counts[bits]!;
    if (left < 0) throw new StreamFault('a header block with an impossible Huffman code');
  }
  const used = lengths.length - counts[0]!;
  if (left > 0 && !(mayBeSparse && (used === 0 || (used === 1 && counts[1] === 1))))
    throw new StreamFault('a header block with an incomplete Huffman code');
  const offsets = new Uint16Array(maxBits + 2);
  for (let bits = 1; bits <= maxBits; bits += 1) offsets[bits + 1] = offsets[bits]! + counts[bits]!;
  const symbols = new Uint16Array(used);
  for (const [symbol, length] of lengths.entries()) {
    if (length !== 0) symbols[offsets[length]!++] = symbol;
  }
  return { counts, symbols };
}

/** The codes of a block without its own codes (RFC 1951, 3.2.6). */
export const fixedCodes: { literals: HuffmanCode; distances: HuffmanCode } = {
  literals: huffmanCode(
    Uint8Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
    false,
  ),
  distances: huffmanCode(new Uint8Array(32).fill(5), false),
};
