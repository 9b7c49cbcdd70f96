import { crc32 } from 'node:zlib';

/** What precedes each entry: its CRC, its length, and its index in the segment, each as an unsigned 32-bit number. */
export const entryHeaderBytes = 12;

/** An entry in the bytes of a segment, or why there is none: `cut` means that its end is missing. */
export type ReadResult = { index: number; entry: Buffer; end: number } | 'cut' | 'damaged';

/**
 * Writes an entry into `target` and returns where it ends. `seed` is the checksum of the segment's header, which has a
 * random number, so that bytes of another segment, or what a client made an event contain, never pass for an entry.
 */
export function writeEntry(target: Buffer, at: number, entry: Uint8Array, index: number, seed: number): number {
  const end = at + entryHeaderBytes + entry.length;
  target.writeUInt32LE(entry.length, at + 4);
  target.writeUInt32LE(index, at + 8);
  target.set(entry, at + entryHeaderBytes);
  target.writeUInt32LE(crc32(target.subarray(at + 4, end), seed), at);
  return end;
}

/** Reads the entry that begins at `at`, and checks it. */
export function readEntry(source: Buffer, at: number, seed: number): ReadResult {
  if (at + entryHeaderBytes > source.length) return 'cut';
  const end = at + entryHeaderBytes + source.readUInt32LE(at + 4);
  if (end > source.length) return 'cut';
  if (source.readUInt32LE(at) !== crc32(source.subarray(at + 4, end), seed)) return 'damaged';
  return { index: source.readUInt32LE(at + 8), entry: source.subarray(at + entryHeaderBytes, end), end };
}

/** Finds the next intact entry whose index is at least `index`, and returns where it begins. */
export function findEntry(source: Buffer, from: number, index: number, seed: number): number | undefined {
  const most = source.length / entryHeaderBytes;
  for (let at = from; at + entryHeaderBytes <= source.length; at += 1) {
    const found = source.readUInt32LE(at + 8);
    if (found < index || found > index + most) continue;
    if (typeof readEntry(source, at, seed) === 'object') return at;
  }
  return undefined;
}
