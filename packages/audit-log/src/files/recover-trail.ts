import { join } from 'node:path';
import type { Logger } from '@sallyport/kit';
import { readBytes, syncDirectory, writeAll, type Files, type Spool, type SpoolFile } from '@sallyport/spool';
import { readAuditMessage } from '../kafka/to-kafka-message.ts';
import { readWholeLines, splitLines } from './read-whole-lines.ts';
import { findTrailFiles } from './trail-files.ts';
import { readTrailLine } from './trail-line.ts';
import type { TrailFile } from './trail.ts';

type RecoverDeps = {
  files: Files;
  dir: string;
  /** What its entries wait for is the trail. */
  spool: Pick<Spool, 'acknowledged' | 'lastWritten' | 'acknowledge' | 'read'>;
  logger: Logger;
};

type Place = { producer: string; seq: number };
/**
 * What a file has: the end of its last whole line, its last event, the last number of each chain, and the first line that
 * is damaged.
 */
type Found = {
  end: number;
  last?: Place;
  lasts: Map<string, number>;
  damaged?: { at: number; after?: Place | undefined; reason: string };
};

const chunkBytes = 1024 * 1024;
/** More than the last append of a process can have left, whose lines are of one batch. */
const rewrittenBytes = 4 * 1024 * 1024;

function placeOf(text: string): Place | { fault: string } {
  const read = readTrailLine(text);
  if ('fault' in read) return read;
  const { producer, seq } = read.record.data.sallyport;
  return seq === undefined ? { fault: 'the event has no place in a chain' } : { producer, seq };
}

async function scan(file: SpoolFile, size: number): Promise<Found> {
  const found: Found = { end: 0, lasts: new Map() };
  for (;;) {
    const bytes = await readWholeLines(file, { from: found.end, end: size, maxBytes: chunkBytes });
    if (bytes.length === 0) return found;
    for (const { text, at } of splitLines(bytes)) {
      const place = placeOf(text);
      if ('fault' in place) found.damaged ??= { at: found.end + at, after: found.last, reason: place.fault };
      else {
        found.last = place;
        found.lasts.set(place.producer, place.seq);
      }
    }
    found.end += bytes.length;
  }
}

function placeOfEntry(entry: Uint8Array): Place | undefined {
  try {
    const { sallyport } = JSON.parse(String(readAuditMessage(entry).value)) as { sallyport: Place };
    return sallyport;
  } catch {
    return undefined;
  }
}

/** Reads the entries of the spool that are not acknowledged, and returns where in their chains they are. */
async function* readUnacknowledged(spool: RecoverDeps['spool']) {
  for (let from = spool.acknowledged + 1; from <= spool.lastWritten;) {
    const entries = await spool.read(from, chunkBytes);
    // The disk has lost the others.
    if (entries.length === 0) return;
    for (const { position, entry } of entries) yield { position, place: placeOfEntry(entry) };
    from = entries.at(-1)!.position + 1;
  }
}

/** Reports whether the spool sends again what a damaged file has from the damage on, as far as its lines can be read. */
async function comesAgain({ spool }: RecoverDeps, { last, damaged }: Found): Promise<boolean> {
  const after = damaged?.after;
  if (!last || !after) return false;
  const isAt = (place: Place | undefined, { producer, seq }: Place) =>
    place?.producer === producer && place.seq === seq;
  let [isFirst, hasBegun] = [true, false];
  for await (const { place } of readUnacknowledged(spool)) {
    hasBegun ||= isAt(place, after) || (isFirst && isAt(place, { ...after, seq: after.seq + 1 }));
    if (hasBegun && (last === after || isAt(place, last))) return true;
    isFirst = false;
  }
  return false;
}

/**
 * Acknowledges the entries of the spool that a file has. The end of the file need not be in the spool: it is synced with
 * each batch, and the spool is not.
 */
async function acknowledgeAppended({ spool }: RecoverDeps, lasts: Found['lasts']): Promise<void> {
  let appended: number | undefined;
  for await (const { position, place } of readUnacknowledged(spool)) {
    const last = place && lasts.get(place.producer);
    if (last === undefined) continue;
    if (place!.seq > last) break;
    appended = position;
  }
  if (appended !== undefined) spool.acknowledge(appended);
}

/**
 * Writes the end of a file again and syncs it: the process before may have died after its last write and before the
 * sync, or after a sync that failed, and then the system has bytes in its memory that the disk never gets.
 */
async function writeEndAgain(file: SpoolFile, end: number): Promise<void> {
  const from = Math.max(0, end - rewrittenBytes);
  await writeAll(file, await readBytes(file, from, end - from), from);
  await file.datasync();
}

/** Mends the end of a file. Returns the last numbers of its chains, and whether nothing may be appended to it. */
async function mend(deps: RecoverDeps, { path, name }: { path: string; name: string }) {
  const { files, logger } = deps;
  const file = await files.open(path, 'r+');
  try {
    const { size } = await file.stat();
    let found = await scan(file, size);
    if (found.damaged && (await comesAgain(deps, found))) found = await scan(file, found.damaged.at);
    const { end, lasts, damaged } = found;
    if (end < size) {
      logger.warn(
        { file: name, bytes: size - end },
        'cut off what a write that was interrupted left in the audit trail',
      );
      await file.truncate(end);
    }
    if (damaged) {
      const { at, reason } = damaged;
      logger.error(
        { file: name, at, reason },
        'a file of the audit trail is damaged; run: sallyport audit verify --files',
      );
    }
    await writeEndAgain(file, end);
    return { size: end, lasts, isSealed: damaged !== undefined };
  } finally {
    await file.close();
  }
}

/**
 * Reads what the process before this one left in the directory of a trail, and brings its end in order. An unfinished
 * line is cut off, and so are damaged lines if the spool sends the events from there on again. Events that are in the
 * trail and not acknowledged in the spool are acknowledged there, so that they are not appended twice. Rejects if the disk
 * fails. `lasts` are the last numbers of the chains in the newest file with events.
 */
export async function recoverTrail(
  deps: RecoverDeps,
): Promise<{ loaded: TrailFile[]; isSealed: boolean; lasts: ReadonlyMap<string, number> }> {
  const { files, dir } = deps;
  const loaded: TrailFile[] = [];
  for (const one of findTrailFiles(await files.list(dir))) {
    const path = join(dir, one.name);
    const file = await files.open(path, 'r');
    try {
      const { size } = await file.stat();
      loaded.push({ ...one, path, size });
    } finally {
      await file.close();
    }
  }
  let isSealed = false;
  let lasts: ReadonlyMap<string, number> = new Map();
  // The newest file may have been created without any event.
  for (const file of loaded.toReversed()) {
    const mended = await mend(deps, file);
    file.size = mended.size;
    if (file === loaded.at(-1)) ({ isSealed } = mended);
    if (mended.lasts.size === 0) continue;
    ({ lasts } = mended);
    await acknowledgeAppended(deps, mended.lasts);
    break;
  }
  await syncDirectory(files, dir);
  return { loaded, isSealed, lasts };
}
