import { join } from 'node:path';
import { readAcknowledged } from '../files/acknowledged-file.ts';
import { diskFiles, readBytes, type Files } from '../files/disk-files.ts';
import { scanSegment } from '../format/entry-format.ts';
import {
  readSegmentFileName,
  readSegmentHeader,
  segmentFileName,
  segmentHeaderBytes,
} from '../format/segment-header.ts';

/**
 * Returns whether a spool has, or may have, entries that were not acknowledged. Only reads, so that the next process
 * still knows how the one before it ended. To be called while no process has the spool.
 */
export async function hasWaitingEntries(dir: string, files: Files = diskFiles): Promise<boolean> {
  const bases = (await files.list(dir)).flatMap((name) => readSegmentFileName(name) ?? []);
  if (bases.length === 0) return false;
  const base = Math.max(...bases);
  const acknowledged = await readAcknowledged(files, dir);
  if (base - 1 > acknowledged) return true;
  const file = await files.open(join(dir, segmentFileName(base)), 'r');
  try {
    const bytes = await readBytes(file, 0, (await file.stat()).size);
    const header = readSegmentHeader(bytes);
    if (!header) return bytes.length > segmentHeaderBytes;
    const { entries, tail } = scanSegment(bytes, segmentHeaderBytes, 0, header.seed);
    return tail === 'damaged' || base + (entries.at(-1)?.index ?? -1) > acknowledged;
  } finally {
    await file.close();
  }
}
