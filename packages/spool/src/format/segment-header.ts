import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

const magic = Buffer.from('SPOOL\0\0\x01', 'latin1');
export const segmentHeaderBytes = 32;

/** The beginning of a segment. */
export type SegmentHeader = { base: number; seed: number };

/** Creates the header of a segment whose first entry has the position `base`. */
export function createSegmentHeader(base: number): SegmentHeader & { bytes: Buffer } {
  const bytes = Buffer.alloc(segmentHeaderBytes);
  magic.copy(bytes);
  bytes.writeBigUInt64LE(BigInt(base), 8);
  randomBytes(8).copy(bytes, 16);
  const seed = crc32(bytes.subarray(0, 24));
  bytes.writeUInt32LE(seed, 24);
  return { base, seed, bytes };
}

/** Reads the header of a segment, or returns undefined if it is cut or damaged. */
export function readSegmentHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length < segmentHeaderBytes || !bytes.subarray(0, 8).equals(magic)) return undefined;
  const seed = bytes.readUInt32LE(24);
  return seed === crc32(bytes.subarray(0, 24)) ? { base: Number(bytes.readBigUInt64LE(8)), seed } : undefined;
}

/** Names the file of a segment, so that names sort by position. */
export function segmentFileName(base: number): string {
  return `${String(base).padStart(16, '0')}.segment`;
}

/** Returns the first position of the segment in this file, or undefined if the name is not one of a segment. */
export function readSegmentFileName(name: string): number | undefined {
  const digits = /^(\d{16})\.segment$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
