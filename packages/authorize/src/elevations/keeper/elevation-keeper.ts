import type { Elevation } from '@sallyport/contracts';
import type { ElevationStore } from '@sallyport/stores';
import type { AuditSink } from '@sallyport/audit-log';
import { ProblemError } from '@sallyport/kit';
import { peopleOf } from '../../elevation-states/approvals.ts';
import { capExtension, tighten } from '../../elevation-states/tighten.ts';
import { endsAt, nextStepAt } from '../../elevation-states/times.ts';
import { transition, type ElevationOutcome, type ElevationStep } from '../../elevation-states/transition.ts';
import type { ElevationRules } from '../../policies/elevation-rules.ts';
import { endReason, type EndedPeople } from './end-reasons.ts';
import type { KnownPeople } from './known-people.ts';
import type { NoticesOf } from './notices-of.ts';
import { createEventRecorder } from './record-events.ts';

/** Why an extension ends by itself. */
export const revokedBefore = 'the elevation that it extends was revoked';

type UnderEntryDeps = {
  store: Pick<ElevationStore, 'read'>;
  /** The entry of an elevation in the configuration in force. */
  rulesOf(name: string): ElevationRules | undefined;
  /** Whose elevations end, whatever their entries say. */
  ended: EndedPeople;
  /** Who is the same person is looked up for each step, so that a link which has just become known counts. */
  people: Pick<KnownPeople, 'namesOf'>;
  now: () => number;
};

/**
 * Returns the step to take instead of letting an extension begin, if what it extends was revoked. The revocation ends
 * extensions too, but its replica may die before that. One whose time is up has another end.
 */
async function insteadOf(
  step: ElevationStep,
  { state, expiresAt = 0, changedAt, ...found }: Elevation,
  { store, now }: Pick<UnderEntryDeps, 'store' | 'now'>,
): Promise<ElevationStep> {
  const begins = step.type === 'tick' && state === 'approved' && Math.max(now(), changedAt) < expiresAt;
  if (!begins || found.extends === undefined) return step;
  const extended = await store.read(found.extends.id);
  if (extended && extended.state !== 'revoked') return step;
  return { type: 'revoke', detail: revokedBefore };
}

/** Reports whether time has ended an elevation, so that it has that end. */
const isTimeUp = (elevation: Elevation, now: number) => Math.max(now, elevation.changedAt) >= endsAt(elevation);

/** Returns the step by which the gateway ends an elevation that is not over. */
const endingOf = ({ state }: Elevation, detail: string): ElevationStep =>
  state === 'pending' ? { type: 'deny', detail } : { type: 'revoke', detail };

/**
 * Creates the function that derives the next revision of an elevation from a step. A step that leads to a right is
 * taken under the entry that the elevation has now, and only for someone who may still log in.
 */
function createNextUnderEntry(
  deps: UnderEntryDeps,
): (found: Elevation, asked: ElevationStep) => Promise<ElevationOutcome> {
  const { rulesOf, ended, people, now } = deps;
  const takeStep = async (found: Elevation, step: ElevationStep, at: number): Promise<ElevationOutcome> =>
    transition(found, step, at, await people.namesOf(peopleOf(found, step, at)));
  return async (found, asked) => {
    if (asked.type !== 'tick' && asked.type !== 'approve') return takeStep(found, asked, now());
    await ended.refresh();
    const at = now();
    const rules = rulesOf(found.name);
    const why = isTimeUp(found, at) ? undefined : (ended.whyEnded(found) ?? endReason(found, rules, at));
    if (why !== undefined)
      return asked.type === 'approve'
        ? { ok: false, refusal: 'entry-changed' }
        : takeStep(found, endingOf(found, why), at);
    const held = capExtension(tighten(found, rules?.terms), rules?.terms, at);
    return takeStep(held, await insteadOf(asked, held, deps), at);
  };
}

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

type KeeperDeps = UnderEntryDeps & {
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
  const nextUnderEntry = createNextUnderEntry(deps);
  const take: ElevationKeeper['take'] = async (id, asked) => {
    for (let tries = 0; tries < maxTries; tries += 1) {
      const found = await store.read(id);
      if (!found) return undefined;
      const outcome = await nextUnderEntry(found, asked);
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

/** Is told of every step of an elevation by the replica that wrote it. */
export type OnStep = (before: Elevation, after: Elevation) => void;
