import { join } from 'node:path';
import { isMissing, readBytes, type Files, type SpoolFile, type SpoolLogger } from '../files/disk-files.ts';
import { countEntries, mostEntries, scanSegment, type SpoolEntry } from '../format/entry-format.ts';
import { readSegmentFileName, readSegmentHeader, segmentHeaderBytes } from '../format/segment-header.ts';
import { deleteSegment, type LostEntries, type Segment } from './segment-list.ts';

/** What is on the disk when a spool is opened. */
export type LoadedSegments = {
  segments: Segment[];
  /** The position of the next entry. */
  next: number;
  /** The last entry, or undefined if there is none, or if the disk has lost what was the last. */
  lastEntry: SpoolEntry | undefined;
  lost: LostEntries[];
};

type Deps = {
  files: Files;
  dir: string;
  logger: SpoolLogger;
  /** False if the machine was restarted since, when an end that is not intact is to be expected. */
  sameBoot: boolean;
};

/** Opens a file to read from it. Says what an operator can do if that fails. */
async function readFile<T>(
  files: Files,
  path: string,
  read: (file: SpoolFile) => Promise<T>,
): Promise<{ read: T; size: number }> {
  try {
    const file = await files.open(path, 'r');
    try {
      return { read: await read(file), size: (await file.stat()).size };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw cannotRead(path, error);
  }
}

function cannotRead(path: string, cause: unknown): Error {
  const hint = 'Repair the disk, or move the file out of the directory to go on without what is in it.';
  return new Error(`Cannot read ${path} of the spool: ${(cause as Error).message}. ${hint}`, { cause });
}

/** Says how many entries were lost, and how certain that is. */
function lossAt(from: number, bytes: Buffer, at: number, index: number): Pick<LostEntries, 'to'> & { note: string } {
  const count = countEntries(bytes, at, index);
  if (count !== undefined) return { to: from + count - 1, note: '' };
  return { to: from + mostEntries(bytes.length - at) - 1, note: '; these are the most that it had' };
}

/** Finds the segments, and sets aside files that are not segments any more. */
async function findSegments({ files, dir, logger }: Deps, lost: LostEntries[]): Promise<[Segment[], number]> {
  const names = await files.list(dir);
  const bases = names.flatMap((name) => readSegmentFileName(name) ?? []).sort((a, b) => a - b);
  const segments: Segment[] = [];
  let next = 1;
  for (const [at, base] of bases.entries()) {
    const path = join(
      dir,
      names.find((name) => readSegmentFileName(name) === base)!,
    );
    const head = await readFile(files, path, (file) => readBytes(file, 0, segmentHeaderBytes));
    const header = readSegmentHeader(head.read);
    const { size } = head;
    next = base;
    if (header?.base === base) segments.push({ base, path, seed: header.seed, size, marks: [], isUnreadable: false });
    // The process died when it had just created the file.
    else if (size <= segmentHeaderBytes && at === bases.length - 1) await files.unlink(path);
    else {
      const { read: bytes } = await readFile(files, path, (file) => readBytes(file, 0, size));
      const { to, note } = lossAt(base, bytes, segmentHeaderBytes, 0);
      await files.rename(path, `${path}.damaged`);
      const after = bases[at + 1];
      const reason = `the header of ${path} is damaged${after === undefined ? note : ''}; the file now ends in .damaged`;
      next = after ?? to + 1;
      lost.push({ from: base, to: next - 1, reason });
      logger.error({ path }, 'set aside a damaged file of the spool');
    }
  }
  return [segments, next];
}

/** Reads the last segment, cuts off an end that is not intact, and reports what is missing. */
async function repairLast(
  deps: Deps,
  segment: Segment,
  lost: LostEntries[],
): Promise<[SpoolEntry | undefined, number]> {
  const file = await deps.files.open(segment.path, 'r+');
  try {
    const bytes = await readBytes(file, 0, segment.size).catch((error: unknown) => {
      throw cannotRead(segment.path, error);
    });
    const scan = scanSegment(bytes, segmentHeaderBytes, 0, segment.seed);
    for (const { from, to } of scan.missing)
      lost.push({ from: segment.base + from, to: segment.base + to, reason: `they are damaged in ${segment.path}` });
    const last = scan.entries.at(-1);
    const position = segment.base + (last?.index ?? -1);
    const [cut, { path }] = [bytes.length - scan.end, segment];
    let next = position + 1;
    if (scan.tail === 'damaged' && deps.sameBoot) {
      const { to, note } = lossAt(next, bytes, scan.end, next - segment.base);
      lost.push({ from: next, to, reason: `the end of ${path} is damaged${note}` });
      next = to + 1;
    } else if (cut > 0) deps.logger.warn({ path, bytes: cut }, 'cut off the end of the spool, which was not complete');
    if (cut > 0) await file.truncate(scan.end);
    // A process that was killed may have written it without a sync.
    await file.sync();
    segment.size = scan.end;
    return [last && { position, entry: last.entry }, next];
  } finally {
    await file.close();
  }
}

/**
 * Finds the segments of a directory. Only the end is read now. All else is checked when it is read for delivery, so that
 * a large spool does not delay the start.
 */
export async function loadSegments(deps: Deps): Promise<LoadedSegments> {
  const lost: LostEntries[] = [];
  const [segments, found] = await findSegments(deps, lost);
  let next = found;
  // Files of a state that was not completely written.
  for (const name of await deps.files.list(deps.dir))
    if (name.endsWith('.new'))
      await deps.files.unlink(join(deps.dir, name)).catch((error: unknown) => {
        if (!isMissing(error)) throw error;
      });
  while (segments.length > 0) {
    const segment = segments.at(-1)!;
    const [entry, after] = await repairLast(deps, segment, lost);
    next = Math.max(next, after);
    if (entry) return { segments, next, lost, lastEntry: entry.position === next - 1 ? entry : undefined };
    segments.pop();
    await deleteSegment(deps.files, segment);
  }
  return { segments, next, lost, lastEntry: undefined };
}
