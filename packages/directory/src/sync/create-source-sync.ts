import { hash } from 'node:crypto';
import { createRepeater, ProblemError, toProblem, type Logger } from '@sallyport/kit';
import type { SingleUseStore } from '@sallyport/stores';
import { ApiFailure } from '../api/create-requester.ts';
import type { DirectoryEvents } from '../events/directory-events.ts';
import type { SessionReconciler } from '../reconcile/create-session-reconciler.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { applySnapshot, nothingSynced, type SyncResult } from './apply-snapshot.ts';
import type { ReadSnapshot, SyncedSource } from './snapshot.ts';
import type { SyncMetrics } from './sync-metrics.ts';

/** Syncs one source at its interval, on one replica at a time. */
export type SourceSync = {
  /** Syncs now, even if another replica does too. Rejects with the reason if it fails. */
  syncNow(): Promise<SyncResult>;
  /** Syncs if it is due and no other replica does, and reports whether it did. */
  syncIfDue(): Promise<boolean>;
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
  const skipped =
    skippedGroups.length === 0 ? '' : `; ${skippedGroups.length} groups skipped because their names cannot be used`;
  return `${people} people and ${groups} groups; changed: ${changedPeople} people, ${changedGroups} groups, ${added} memberships added, ${removed} removed${skipped}`;
}

const changesIn = ({ changedPeople, changedGroups, added, removed }: SyncResult): number =>
  changedPeople + changedGroups + added + removed;

/** Creates one sync: reads the source, applies the snapshot and records what changed. */
function createSyncNow(deps: SourceSyncDeps): () => Promise<SyncResult> {
  const { source, read, store, events, reconciler, metrics, logger, now } = deps;
  const record = (code: number, detail: string) =>
    void events.changed({ verb: 'read', path: '', code, facts: {}, source: source.id, by: 'reading', detail });
  return async () => {
    const from = performance.now();
    const snapshot = await read();
    const result = nothingSynced();
    try {
      await applySnapshot({ store, source, now }, snapshot, result);
    } catch (error) {
      // The next sync finds these changes made already. A write that was not answered may have been made too.
      const isUnanswered = error instanceof ProblemError && error.code === 'sessions-unavailable';
      if (changesIn(result) > 0 || isUnanswered)
        record(toProblem(error).status, `the sync failed, and more may have changed than this: ${describe(result)}`);
      throw error;
    }
    metrics.done(source.id, 'read', (performance.now() - from) / 1000);
    if (result.skippedGroups.length > 0)
      logger.warn(
        { source: source.id, groups: result.skippedGroups.slice(0, 10) },
        'skipped groups whose names cannot be used',
      );
    if (changesIn(result) > 0) record(200, describe(result));
    reconciler.soon();
    return result;
  };
}

/** Creates the part that shares the syncs among replicas and retries failed ones. */
function createSyncIfDue(deps: SourceSyncDeps, syncNow: () => Promise<SyncResult>): () => Promise<boolean> {
  const { source, singleUse, metrics, logger, now, random } = deps;
  const { id, interval } = source;
  const lockMs = Math.max(1000, interval * 0.95);
  // The lock covers one configuration: a replica with another one syncs at once.
  const lock = `${id} ${hash('sha256', JSON.stringify(source), 'base64url')}`;
  let failures = 0;
  let retryAt: number | undefined;

  const syncLocked = async () => {
    const renewal = setInterval(() => void singleUse.put(lockKind, lock, {}, lockMs).catch(() => {}), lockMs / 2);
    renewal.unref();
    try {
      await syncNow();
      if (failures > 0) logger.info({ source: id }, 'directory sync works again');
      failures = 0;
      retryAt = undefined;
    } catch (error) {
      failures += 1;
      retryAt = now() + Math.min(interval, firstRetryMs * 2 ** Math.min(failures - 1, 20)) * (1 + 0.2 * random());
      metrics.done(id, 'failed', 0);
      const isApiFailure = error instanceof ApiFailure;
      logger.warn(
        {
          source: id,
          failures,
          detail: isApiFailure ? error.message : undefined,
          ...(isApiFailure ? {} : { err: error }),
        },
        'directory sync failed; the last snapshot stays in force',
      );
    } finally {
      clearInterval(renewal);
    }
  };
  return async () => {
    if (retryAt !== undefined && now() < retryAt) return false;
    // A replica whose sync failed keeps the lock and retries. A replica that stopped loses the lock when it expires.
    if (retryAt === undefined && !(await singleUse.claim(lockKind, lock, {}, lockMs))) return false;
    await syncLocked();
    return true;
  };
}

/** Creates the sync of one source. */
export function createSourceSync(deps: SourceSyncDeps): SourceSync {
  const { source, logger, random } = deps;
  const { id, interval } = source;
  const syncNow = createSyncNow(deps);
  const syncIfDue = createSyncIfDue(deps, syncNow);
  const repeater = createRepeater({
    run: () =>
      syncIfDue().then(
        () => undefined,
        (error: unknown) => logger.warn({ err: error, source: id }, 'cannot check whether a sync is due'),
      ),
    pauseMs: Math.max(250, interval / 20),
    random,
  });
  return {
    syncNow,
    syncIfDue,
    start: () => repeater.start(0),
    close: () => repeater.close(),
  };
}
