import { entryHeaderBytes } from './entry-format.ts';

/** Returns the most entries that fit into so many bytes. */
export const mostEntries = (bytes: number): number => Math.ceil(bytes / entryHeaderBytes);

/**
 * Counts the entries from `at` to the end of a segment without checking what is in them. The first must have this
 * index. Returns undefined if their lengths and indexes do not fit together.
 */
export function countEntries(source: Buffer, at: number, index: number): number | undefined {
  let [end, next] = [at, index];
  while (end + entryHeaderBytes <= source.length && source.readUInt32LE(end + 8) === next) {
    end += entryHeaderBytes + source.readUInt32LE(end + 4);
    next += 1;
  }
  return end === source.length ? next - index : undefined;
}
