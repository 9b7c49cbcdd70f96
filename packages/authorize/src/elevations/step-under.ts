import type { Elevation } from '@sallyport/contracts';
import {
  capExtension,
  endsAt,
  peopleOf,
  tighten,
  transition,
  type ElevationOutcome,
  type ElevationStep,
} from '@sallyport/elevation';
import type { ElevationStore } from '@sallyport/stores';
import type { KnownPeople } from '../people/create-known-people.ts';
import type { ElevationRules } from './elevation-rules.ts';
import { endReason } from './end-reason.ts';
import type { EndedPeople } from './ended-people.ts';

/** Why an extension ends by itself. */
export const revokedBefore = 'the elevation that it extends was revoked';

export type StepUnderDeps = {
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
  { store, now }: Pick<StepUnderDeps, 'store' | 'now'>,
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
 * Creates what derives the next revision of an elevation from a step. One that leads to a right is taken under the entry
 * that the elevation has now, and only for someone who may still log in.
 */
export function createStepUnder(
  deps: StepUnderDeps,
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
