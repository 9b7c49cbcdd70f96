import { hash } from 'node:crypto';
import type { DirectoryStore } from '../store/directory-store.ts';
import type { Logger } from '@sallyport/kit';
import type { SingleUseStore } from '@sallyport/stores';
import { ApiFailure } from '../api/api-failure.ts';
import type { DirectoryEvents } from '../events/directory-events.ts';
import type { SessionReconciler } from '../reconcile/create-session-reconciler.ts';
import type { SyncMetrics } from './sync-metrics.ts';
import type { ReadSnapshot } from './snapshot.ts';
import { applySnapshot, type SyncedSource, type SyncResult } from './apply-snapshot.ts';

/** Reads one source every interval, on one replica at a time. */
export type SourceSync = {
  /** Reads now, whoever else does; rejects with why it could not. */
  syncNow(): Promise<SyncResult>;
  /** Reads if it is time and nobody else does; whether it did. */
  turn(): Promise<boolean>;
  start(): void;
  close(): Promise<void>;
};

export type SourceSyncDeps = {
  source: SyncedSource;
  read: ReadSnapshot;
  store: DirectoryStore;
  singleUse: Pick<SingleUseStore, 'claim' | 'put'>;
  events: DirectoryEvents;
  reconciler: Pick<SessionReconciler, 'soon'>;
  metrics: SyncMetrics;
  logger: Logger;
  now: () => number;
  random: () => number;
};

const lockKind = 'directory-reading';
const firstRetryMs = 5000;

function describe({ people, groups, changedPeople, changedGroups, added, removed, skippedGroups }: SyncResult): string {
  const left = skippedGroups.length === 0 ? '' : `; ${skippedGroups.length} groups have names that cannot be used`;
  return `${people} people and ${groups} groups; changed: ${changedPeople} people, ${changedGroups} groups, ${added} memberships added, ${removed} removed${left}`;
}

/** Creates the puller of one source. */
export function createSourceSync(deps: SourceSyncDeps): SourceSync {
  const { source, read, store, singleUse, events, reconciler, metrics, logger, now, random } = deps;
  const { id, interval } = source;
  const lockMs = Math.max(1000, interval * 0.95);
  // Another configuration is read at once, whoever has just read by the one before.
  const lock = `${id} ${hash('sha256', JSON.stringify(source), 'base64url')}`;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let failures = 0;
  let retryAt: number | undefined;

  const syncNow = async () => {
    const from = performance.now();
    const reading = await read();
    const taken = await applySnapshot({ store, source, now }, reading);
    metrics.done(id, 'read', (performance.now() - from) / 1000);
    if (taken.skippedGroups.length > 0)
      logger.warn(
        { source: id, groups: taken.skippedGroups.slice(0, 10) },
        'groups have names that cannot be used and were left out',
      );
    if (taken.changedPeople + taken.changedGroups + taken.added + taken.removed > 0)
      events.changed({
        verb: 'read',
        path: '',
        code: 200,
        facts: {},
        source: id,
        by: 'reading',
        detail: describe(taken),
      });
    reconciler.soon();
    return taken;
  };
  /** Others keep away for as long as this takes. */
  const readAlone = async () => {
    const holding = setInterval(() => void singleUse.put(lockKind, lock, {}, lockMs).catch(() => {}), lockMs / 2);
    holding.unref();
    try {
      await syncNow();
      if (failures > 0) logger.info({ source: id }, 'the directory can be read again');
      failures = 0;
      retryAt = undefined;
    } catch (error) {
      failures += 1;
      retryAt = now() + Math.min(interval, firstRetryMs * 2 ** Math.min(failures - 1, 20)) * (1 + 0.2 * random());
      metrics.done(id, 'failed', 0);
      logger.warn(
        {
          source: id,
          failures,
          detail: error instanceof ApiFailure ? error.message : undefined,
          ...(error instanceof ApiFailure ? {} : { err: error }),
        },
        'the directory could not be read; what was read last holds',
      );
    } finally {
      clearInterval(holding);
    }
  };
  const turn = async () => {
    if (retryAt !== undefined && now() < retryAt) return false;
    // Whoever failed tries again itself; whoever is gone loses its turn when the lock is over.
    if (retryAt === undefined && !(await singleUse.claim(lockKind, lock, {}, lockMs))) return false;
    await readAlone();
    return true;
  };
  const next = (ms: number) => {
    if (closed) return;
    timer = setTimeout(() => {
      running = turn()
        .catch((error: unknown) =>
          logger.warn({ err: error, source: id }, 'the directory cannot be read at the moment'),
        )
        .finally(() => next(Math.max(250, interval / 20) * (0.75 + 0.5 * random())));
    }, ms);
    timer.unref();
  };
  return {
    syncNow,
    turn,
    start: () => next(0),
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
