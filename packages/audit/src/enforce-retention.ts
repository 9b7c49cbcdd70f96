import type { Logger } from '@sallyport/kit';
import type { AuditStore } from './store/audit-store.ts';

export type RetentionDeps = {
  store: Pick<AuditStore, 'trim'>;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  retentionMs: number;
  /** How many of the newest events are kept. Without it, only their age counts. */
  keep?: number;
  /** How many of the newest events of anonymous callers are kept in addition, in every kind of store. */
  keepAnonymous: number;
  everyMs?: number;
};

/** How many ids of aggregated events are kept. Kafka delivers only a small fraction of that again. */
const rememberIds = 50_000;

/**
 * Deletes events that are too old or too many: at intervals, and as soon as a tenth of `keep`, or as many as
 * `keepAnonymous`, have arrived since the last run.
 */
export type Retention = { stored(count: number): void; close(): Promise<void> };

/** Starts the retention job. If the store is unavailable, the next run retries. */
export function enforceRetention(deps: RetentionDeps): Retention {
  const { keep, keepAnonymous } = deps;
  const threshold = Math.max(100, Math.min((keep ?? Infinity) / 10, keepAnonymous));
  let since = 0;
  let running: Promise<void> | undefined;
  let closed = false;

  const trim = async (): Promise<void> => {
    since = 0;
    try {
      const deleted = await deps.store.trim({
        before: deps.now() - deps.retentionMs,
        keepAnonymous,
        rememberIds,
        ...(keep === undefined ? {} : { keep }),
      });
      if (deleted > 0) deps.logger.debug({ deleted }, 'deleted events past retention');
    } catch (error) {
      deps.logger.warn({ reason: (error as Error).message }, 'cannot delete events past retention');
    }
  };
  const start = (): void => {
    if (closed) return;
    running ??= trim().finally(() => {
      running = undefined;
    });
  };
  const timer = setInterval(start, deps.everyMs ?? 60_000);
  timer.unref();
  return {
    stored(count) {
      since += count;
      if (since >= threshold) start();
    },
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}
