import type { SessionStore } from '@sallyport/stores';
import type { Metrics, Logger } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';
import type { Session } from '@sallyport/contracts';
import type { Directory } from '../groups/create-directory.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { type ReconcileOutcome, reconcileSession, type ReconcileSessionDeps } from './reconcile-session.ts';

/** Runs `work` for every item, `size` items at a time. */
export async function inBatches<T>(
  items: readonly T[],
  size: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  for (let from = 0; from < items.length; from += size) await Promise.all(items.slice(from, from + size).map(work));
}

/** Notes that someone whom a source does not have, or not as active, may not log in, also if they have no session now. */
async function noteEnd(
  { store, sessions }: { store: Pick<DirectoryStore, 'find'>; sessions: Pick<SessionStore, 'endRights'> },
  source: string,
  key: string,
): Promise<void> {
  const found = await store.find(source, 'people', key);
  if (!found.some(({ active }) => active)) await sessions.endRights({ source, key }, 'deactivated');
}

/** Registers the metrics of reconciliation. `count` returns how many keys of a source are waiting, over all replicas. */
function createReconcilerMetrics(deps: {
  metrics: Metrics | undefined;
  sourceIds: readonly string[];
  count(sourceId: string): Promise<number>;
}): { reconciled(outcome: ReconcileOutcome): void } {
  const registers = deps.metrics ? [deps.metrics] : [];
  const outcomes = new Counter({
    name: 'sallyport_directory_sessions_total',
    help: 'Sessions reconciled with the directory, by outcome.',
    labelNames: ['outcome'],
    registers,
  });
  new Gauge({
    name: 'sallyport_directory_waiting',
    help: 'Changes whose sessions have not been reconciled yet, over all replicas.',
    labelNames: ['source'],
    registers,
    async collect() {
      for (const source of deps.sourceIds) this.set({ source }, await deps.count(source).catch(() => Number.NaN));
    },
  });
  return { reconciled: (outcome) => outcomes.inc({ outcome }) };
}

/** Reconciles sessions with the directory, by key or all of them. */
export type Reconciliation = {
  /**
   * Reconciles the sessions linked to these keys of a source before it resolves. Keys that fail stay touched in the
   * store and are reconciled later.
   */
  reconcileNow(sourceId: string, keys: readonly string[]): Promise<void>;
  /** Reconciles every session that `isAffected` accepts, and returns how many there were. */
  reconcileAll(isAffected: (session: Session) => boolean): Promise<number>;
  /** Reconciles the keys that are due, and returns how many there were. */
  runDue(): Promise<number>;
};

export type ReconciliationDeps = {
  directory: Directory;
  sourceIds: readonly string[];
  store: Pick<DirectoryStore, 'find' | 'takeTouched' | 'completeTouched' | 'linked' | 'touchedCount'>;
  sessions: SessionStore;
  events: ReconcileSessionDeps['events'];
  logger: Logger;
  metrics?: Metrics | undefined;
};

const batch = 32;
const leaseMs = 30_000;
/** How many keys a request waits for. The others are reconciled in the background. */
const maxAwaited = 64;

/** Creates the reconciliation. Any number of replicas share the work through the touched keys in the store. */
export function createReconciliation(deps: ReconciliationDeps): Reconciliation {
  const { directory, sourceIds, store, sessions, events, logger } = deps;
  const metrics = createReconcilerMetrics({
    metrics: deps.metrics,
    sourceIds,
    count: (id) => store.touchedCount(id),
  });
  const reconcile = async (sessionId: string) =>
    metrics.reconciled(await reconcileSession({ sessions, directory, events }, sessionId));
  /** One that fails must not keep the others from losing what they lost. */
  const forEach = async <T>(items: readonly T[], work: (item: T) => Promise<unknown>) => {
    const failures: unknown[] = [];
    await inBatches(items, batch, (item) => work(item).catch((error: unknown) => failures.push(error)));
    if (failures.length > 0) throw failures[0];
  };
  const reconcileKey = async (sourceId: string, key: string) => {
    const [people] = await Promise.all([store.linked(sourceId, key), noteEnd(deps, sourceId, key)]);
    const found = (await Promise.all(people.map((person) => sessions.list(person)))).flat();
    const affected = found.filter(({ identity }) => directory.uses(identity.provider, sourceId));
    await forEach(affected, ({ id }) => reconcile(id));
  };
  const runSource = async (sourceId: string) => {
    let done = 0;
    for (;;) {
      const touched = await store.takeTouched(sourceId, batch, leaseMs);
      const outcomes = await Promise.allSettled(
        touched.map(async (one) => {
          await reconcileKey(sourceId, one.key);
          // The end of a session may be lost in a failover while this is not: they can be on different masters.
          await sessions.confirm();
          await store.completeTouched(sourceId, one);
        }),
      );
      done += touched.length;
      // Keys that failed are due again when their lease expires.
      const failed = outcomes.find((one) => one.status === 'rejected');
      if (failed) throw failed.reason;
      if (touched.length < batch) return done;
    }
  };
  return {
    async runDue() {
      let done = 0;
      for (const id of sourceIds) done += await runSource(id);
      return done;
    },
    async reconcileNow(sourceId, keys) {
      const awaited = keys.slice(0, maxAwaited);
      await forEach(awaited, (key) => reconcileKey(sourceId, key)).catch((error: unknown) =>
        logger.warn({ err: error, source: sourceId }, 'cannot reconcile sessions with the directory yet; will retry'),
      );
    },
    async reconcileAll(isAffected) {
      const found = (await sessions.list()).filter(
        (session) => directory.appliesTo(session.identity.provider) && isAffected(session),
      );
      await forEach(found, async (session) => {
        await directory.link(session.identity, session.expiresAt);
        await reconcile(session.id);
      });
      return found.length;
    },
  };
}
