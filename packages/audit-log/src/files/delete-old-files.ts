import type { AuditConfig } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { ConsumerPositions } from './consumer-positions.ts';
import { dayMs, isHeld } from './trail-files.ts';
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

/** Returns when all events of a file have happened. A day of the future is that of a wrong clock, and never ends. */
function endOf({ day, writtenAt }: TrailFile, now: number): number {
  const start = Date.parse(day);
  return start > now + dayMs ? writtenAt : start + dayMs;
}

/**
 * Deletes the oldest files: those that ended longer ago than `retentionMs` and that every consumer has read, and then
 * others until there are `room` bytes left below `maxBytes`. Files of the days of a legal hold are neither deleted nor
 * counted, and the newest file is never deleted. No other file is deleted before an older one, so that what is left can
 * be verified. To be called alone.
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
  const isDue = (file: TrailFile) => endOf(file, now()) <= now() - retentionMs && file.number < unreadFrom;
  const firstToStay = candidates.findIndex((file) => !isDue(file));
  const old = firstToStay === -1 ? candidates : candidates.slice(0, firstToStay);
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
