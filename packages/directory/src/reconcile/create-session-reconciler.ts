import type { Session } from '@sallyport/contracts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { createWarnOnce, type Logger, type Metrics } from '@sallyport/kit';
import type { SessionStore, SingleUseStore } from '@sallyport/stores';
import type { Directory } from '../groups/create-directory.ts';
import { createReconcilerMetrics } from './reconciler-metrics.ts';
import { inBatches } from './in-batches.ts';
import { reconcileSession, type ReconcileOutcome, type ReconcileSessionDeps } from './reconcile-session.ts';

/**
 * Rewrites the sessions of people whom a change of the directory appliesTo. Any number of replicas share the work by
 * what was touched in the store.
 */
export type SessionReconciler = {
  /**
   * Looks at the sessions that hang on these keys of a source, before it resolves; what fails is noted to be done
   * later.
   */
  reconcileNow(sourceId: string, keys: readonly string[]): Promise<void>;
  /** Looks at all sessions of a provider's people, those only for which `concerned` says so. */
  reconcileAll(concerned: (session: Session) => boolean): Promise<number>;
  /** Does what is due now; how many keys that were. */
  runDue(): Promise<number>;
  /** Hastens the next look. */
  soon(): void;
  start(): void;
  close(): Promise<void>;
};

export type SessionReconcilerDeps = {
  directory: Directory;
  sourceIds: readonly string[];
  store: Pick<DirectoryStore, 'takeTouched' | 'completeTouched' | 'linked' | 'link' | 'touchedCount'>;
  sessions: SessionStore;
  singleUse: Pick<SingleUseStore, 'claim'>;
  events: ReconcileSessionDeps['events'];
  logger: Logger;
  metrics?: Metrics | undefined;
  random: () => number;
  pollMs?: number;
  /** Tells this configuration of the directory from others. */
  fingerprint: string;
};

const batch = 32;
const leaseMs = 30_000;
/** Keys that the one who changed them waits for; the others are done in the background. */
const maxAwaited = 64;
const sweepEveryMs = 600_000;

/** Creates the work itself. */
function createReconciliation({
  directory,
  sourceIds,
  store,
  sessions,
  events,
  logger,
  metrics,
}: SessionReconcilerDeps) {
  const told = createReconcilerMetrics({ metrics, sourceIds, count: (id) => store.touchedCount(id) });
  const settle = async (sessionId: string): Promise<ReconcileOutcome> => {
    const outcome = await reconcileSession({ sessions, directory, events }, sessionId);
    told.settled(outcome);
    return outcome;
  };
  const reconcileKey = async (sourceId: string, key: string) => {
    const people = await store.linked(sourceId, key);
    const found = (await Promise.all(people.map((person) => sessions.list(person)))).flat();
    await inBatches(
      found.filter(({ identity }) => directory.uses(identity.provider, sourceId)),
      batch,
      ({ id }) => settle(id),
    );
  };
  const runSource = async (sourceId: string) => {
    let done = 0;
    for (;;) {
      const touched = await store.takeTouched(sourceId, batch, leaseMs);
      const outcomes = await Promise.allSettled(
        touched.map(async (one) => {
          await reconcileKey(sourceId, one.key);
          await store.completeTouched(sourceId, one);
        }),
      );
      done += touched.length;
      // What could not be done is due again when its lease is over.
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
    async reconcileNow(sourceId: string, keys: readonly string[]) {
      await inBatches(keys.slice(0, maxAwaited), batch, (key) => reconcileKey(sourceId, key)).catch((error: unknown) =>
        logger.warn(
          { err: error, source: sourceId },
          'sessions could not be compared with the directory at once; they will be',
        ),
      );
    },
    async reconcileAll(concerned: (session: Session) => boolean) {
      const found = (await sessions.list()).filter(
        (session) => directory.appliesTo(session.identity.provider) && concerned(session),
      );
      await inBatches(found, batch, async (session) => {
        await directory.link(session.identity, session.expiresAt);
        await settle(session.id);
      });
      return found.length;
    },
  };
}

/** Creates the follower. */
export function createSessionReconciler(deps: SessionReconcilerDeps): SessionReconciler {
  const { singleUse, logger, random, fingerprint, pollMs = 1000 } = deps;
  const work = createReconciliation(deps);
  const outage = createWarnOnce(logger, {
    failed: 'sessions cannot follow the directory at the moment',
    recovered: 'sessions follow the directory again',
  });
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;

  // Sessions may be older than this configuration, and what was missed for whatever reason heals: one replica looks at
  // all of them now and then.
  const sweep = async () => {
    if (await singleUse.claim('directory-sweep', fingerprint, {}, sweepEveryMs)) await work.reconcileAll(() => true);
  };
  const turn = async () => {
    try {
      await work.runDue();
      await sweep();
      outage.recovered();
    } catch (error) {
      outage.failed({ err: error });
    }
  };
  const next = (ms: number) => {
    if (closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      running = turn().finally(() => {
        running = undefined;
        next(again ? 0 : pollMs * (0.75 + 0.5 * random()));
        again = false;
      });
    }, ms);
    timer.unref();
  };
  const soon = () => {
    if (running) again = true;
    else if (timer) next(0);
  };
  return {
    ...work,
    soon,
    async reconcileNow(sourceId, keys) {
      await work.reconcileNow(sourceId, keys);
      soon();
    },
    start: () => next(0),
    async close() {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
