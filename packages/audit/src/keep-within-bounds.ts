import type { Logger } from '@sallyport/kit';
import type { AuditStore } from './store/audit-store.ts';

export type BoundsDeps = {
  store: Pick<AuditStore, 'trim'>;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  retentionMs: number;
  /** The newest so many events are kept; without it the age alone decides. */
  keep?: number;
  /** Of events of anonymous callers the newest so many are kept besides, in every kind of store. */
  keepAnonymous: number;
  everyMs?: number;
};

/**
 * So many ids of events that were counted together are kept, many times what a subscription to Kafka may give again.
 */
const rememberIds = 50_000;

/**
 * Deletes events that are too old or too many: now and then, and as soon as a tenth of `keep`, or as much as
 * `keepAnonymous`, has come in since.
 */
export type Bounding = { stored(count: number): void; close(): Promise<void> };

/** Starts the retention job. A store that is away is tried again at the next turn. */
export function keepWithinBounds(deps: BoundsDeps): Bounding {
  const { keep, keepAnonymous } = deps;
  const patience = Math.max(100, Math.min((keep ?? Infinity) / 10, keepAnonymous));
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
      if (deleted > 0) deps.logger.debug({ deleted }, 'events out of bounds are deleted');
    } catch (error) {
      deps.logger.warn({ reason: (error as Error).message }, 'events out of bounds could not be deleted');
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
      if (since >= patience) start();
    },
    async close() {
      closed = true;
      clearInterval(timer);
      await running;
    },
  };
}
