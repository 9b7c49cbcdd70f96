import type { Elevation } from '@sallyport/contracts';
import type { AuditSink } from '@sallyport/audit-log';
import { nextStepAt, type ElevationOutcome, type ElevationStep } from '@sallyport/elevation';
import { ProblemError } from '@sallyport/kit';
import type { ElevationStore } from '@sallyport/stores';
import { createEventRecorder } from './create-event-recorder.ts';
import type { NoticesOf } from './notices-of.ts';
import { createStepUnder, type StepUnderDeps } from './step-under.ts';
import type { OnStep } from './watch-break-glass.ts';

const maxTries = 8;
/** Writes steps of elevations, and hands their events to the audit log. */
export type ElevationKeeper = {
  /** Stores a new elevation. */
  create(elevation: Elevation): Promise<void>;
  /**
   * Takes a step, derived again whenever another replica was faster. Returns the refusal if the step cannot be taken, and
   * undefined if there is no such elevation. Rejects with a 503 if it cannot be told who is the same person.
   */
  take(id: string, step: ElevationStep): Promise<ElevationOutcome | undefined>;
  /**
   * Publishes what waits for the audit log, and then lets begin or end what is due. Returns the elevation as it is then.
   * Rejects with `audit-unavailable` if the log does not take the events. They are published later.
   */
  settle(elevation: Elevation): Promise<Elevation>;
};

type KeeperDeps = StepUnderDeps & {
  store: ElevationStore;
  sink: Pick<AuditSink, 'publish' | 'keep'>;
  /** What people are told of a step. It is written with the step, so that none is lost. */
  noticesOf: NoticesOf;
  /** Is told of each step that this replica has stored. */
  onStep?: OnStep;
};

/** Creates the keeper. Rights begin only after the audit log has their events. They end before that. */
export function createElevationKeeper(deps: KeeperDeps): ElevationKeeper {
  const { store, sink, noticesOf, now, onStep } = deps;
  // What this replica has stored is known to stay. Another one may have died before it knew that of its write.
  const confirmed = new WeakSet<Elevation>();
  const stepUnder = createStepUnder(deps);
  const take: ElevationKeeper['take'] = async (id, asked) => {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const found = await store.read(id);
      if (!found) return undefined;
      const outcome = await stepUnder(found, asked);
      if (!outcome.ok) return outcome;
      const { next } = outcome;
      if (await store.replace(next, nextStepAt(next), noticesOf(found, next))) {
        confirmed.add(next);
        onStep?.(found, next);
        return outcome;
      }
    }
    throw new ProblemError('conflict', 'Others keep changing this elevation. Try again.');
  };
  const record = createEventRecorder({
    store,
    sink,
    now,
    isConfirmed: (elevation) => confirmed.has(elevation),
    async note(id, upTo) {
      const outcome = await take(id, { type: 'recorded', upTo });
      return outcome?.ok ? outcome.next : store.read(id);
    },
  });
  return {
    async create(elevation) {
      await store.create(elevation, nextStepAt(elevation), noticesOf(undefined, elevation));
      confirmed.add(elevation);
    },
    take,
    async settle(elevation) {
      let current = elevation;
      for (let rounds = 0; rounds < maxTries; rounds += 1) {
        if (current.unrecorded.length > 0) {
          const recorded = await record(current);
          if (!recorded) return current;
          current = recorded;
          continue;
        }
        const outcome = await take(current.id, { type: 'tick' });
        if (!outcome) return current;
        if (!outcome.ok) return (await store.read(current.id)) ?? current;
        current = outcome.next;
      }
      return current;
    },
  };
}
