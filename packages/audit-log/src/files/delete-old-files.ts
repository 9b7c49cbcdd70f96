import type { AuditConfig } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import type { Logger } from '@sallyport/kit';
import type { ConsumerPositions } from './consumer-positions.ts';
import { isHeld } from './trail-files.ts';
import { bytesAfter, type Trail, type TrailFile } from './trail.ts';

export type DeletionDeps = {
  positions: Pick<ConsumerPositions, 'saved' | 'reached'>;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  retentionMs: number;
  maxBytes: number;
  holds: AuditConfig['legalHolds'];
  onDeleted(reason: 'age' | 'size', files: number): void;
};

const bytesOf = (files: readonly TrailFile[]) => files.reduce((sum, { size }) => sum + size, 0);

/** Logs which consumers have not read all of the files that are deleted. */
function reportUnread(deleted: readonly TrailFile[], { positions, logger }: DeletionDeps): void {
  for (const [consumer, position] of positions.reached) {
    const unread = bytesAfter(position, deleted);
    if (unread > 0)
      logger.error(
        { consumer, bytes: unread },
        'deleted audit events that a consumer has not read, because audit.files.maxBytes is reached',
      );
  }
}

/**
 * Returns when the last event of each file had happened. A day that is still to come is that of a wrong clock: such a file
 * had ended when the next one had.
 */
function endsOf(files: readonly TrailFile[], now: number): Map<TrailFile, number> {
  const ends = new Map<TrailFile, number>();
  let end = now;
  for (const file of files.toReversed()) {
    const start = Date.parse(file.day);
    if (start <= now) end = start + dayMs;
    ends.set(file, end);
  }
  return ends;
}

/**
 * Deletes the oldest files: those that ended longer ago than `retentionMs` and that every consumer has read, and then
 * others until there are `room` bytes left below `maxBytes`. Files of the days of a legal hold are neither deleted nor
 * counted, and the newest file is never deleted. No other file is deleted before an older one, so that what is left can
 * be verified. The clock is not trusted beyond the day of the newest file. A file that cannot be deleted is logged. Call
 * it within `trail.alone`.
 */
export async function deleteOldFiles(trail: Trail, deps: DeletionDeps, room = 0): Promise<void> {
  const { logger, now, retentionMs, maxBytes, holds, positions, onDeleted } = deps;
  const loose = (files: readonly TrailFile[]) => files.filter(({ day }) => !isHeld(day, holds));
  const unreadFrom = Math.min(Infinity, ...[...positions.saved.values()].map(({ file }) => file));
  /** Returns the files up to the first that cannot be deleted. */
  const remove = async (files: readonly TrailFile[]) => {
    for (const [index, file] of files.entries())
      try {
        await trail.delete(file);
      } catch (error) {
        logger.warn(
          { file: file.name, reason: (error as Error).message },
          'cannot delete old files of the audit trail',
        );
        return files.slice(0, index);
      }
    return files;
  };
  const describe = (files: readonly TrailFile[]) => {
    const [first, last] = [files[0], files.at(-1)].map((file) => file?.name);
    return { files: files.length, bytes: bytesOf(files), first, last };
  };

  const candidates = loose(trail.list.slice(0, -1));
  const at = now();
  const ends = endsOf(trail.list, at);
  // A clock may be wrong when the machine has started.
  const latest = Math.min(at, ...trail.list.slice(-1).map((file) => ends.get(file)!));
  const isDue = (file: TrailFile) => ends.get(file)! <= latest - retentionMs && file.number < unreadFrom;
  const firstToStay = candidates.findIndex((file) => !isDue(file));
  const old = await remove(firstToStay === -1 ? candidates : candidates.slice(0, firstToStay));
  if (old.length > 0) {
    logger.info(describe(old), 'deleted audit events past retention');
    onDeleted('age', old.length);
  }

  const tooMany: TrailFile[] = [];
  let excess = bytesOf(loose(trail.list)) + room - maxBytes;
  for (const file of loose(trail.list.slice(0, -1))) {
    if (excess <= 0) break;
    tooMany.push(file);
    excess -= file.size;
  }
  const removed = await remove(tooMany);
  if (removed.length === 0) return;
  reportUnread(removed, deps);
  logger.warn(
    { ...describe(removed), maxBytes },
    'deleted the oldest audit events, because audit.files.maxBytes is reached',
  );
  onDeleted('size', removed.length);
}
