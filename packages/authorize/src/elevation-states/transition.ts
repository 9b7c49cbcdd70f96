import type {
  Elevation,
  ElevationEventType,
  ElevationPerson,
  ElevationReview,
  ElevationState,
} from '@sallyport/contracts';
import { canBegin, countingApprovals, isApproved, wouldCount } from './approvals.ts';
import { addEvent, announce, withFacts } from './events.ts';
import { approveTimes } from './request-elevation.ts';
import { noteOverdue, review } from './review.ts';
import { isSamePerson, type NamesOf, accountName } from './same-person.ts';
import { endsAt, isOver } from './times.ts';

/**
 * What happens to an elevation. `recorded`: the audit log has acknowledged the events up to this number. `tick`: time
 * has passed. Whether policy lets a person approve, deny, revoke or review is decided before. `sets`: the names of the
 * sets of approvers to which the approver belongs, if the elevation has several. `under`: identifies the policies that say
 * so.
 */
export type ElevationStep =
  | { type: 'approve'; by: ElevationPerson; sets?: readonly string[]; under?: string; detail?: string }
  /** Without a person, the gateway itself denies it. */
  | { type: 'deny'; by?: ElevationPerson; detail?: string }
  | { type: 'withdraw'; by: ElevationPerson; detail?: string }
  /** Without a person, the gateway itself ends it. */
  | { type: 'revoke'; by?: ElevationPerson; detail?: string }
  | ({ type: 'review'; by: ElevationPerson } & ElevationReview)
  | { type: 'recorded'; upTo: number }
  | { type: 'tick' };

/** Why a step is not taken. The elevation stays as it is. */
export type ElevationRefusal =
  | 'not-pending'
  | 'not-approved'
  | 'over'
  | 'time-is-up'
  | 'own-request'
  | 'approved-already'
  | 'not-in-set'
  | 'set-complete'
  | 'not-own'
  | 'no-review'
  | 'own-review'
  | 'not-begun'
  | 'reviewed-already'
  | 'entry-changed'
  | 'nothing-to-do';

export type ElevationOutcome = { ok: true; next: Elevation } | { ok: false; refusal: ElevationRefusal };

const refuse = (refusal: ElevationRefusal): ElevationOutcome => ({ ok: false, refusal });

const endings: Readonly<Partial<Record<ElevationState, ElevationEventType>>> = {
  denied: 'elevation.denied',
  withdrawn: 'elevation.withdrawn',
  revoked: 'elevation.revoked',
  expired: 'elevation.expired',
  'timed-out': 'elevation.timed-out',
};

function end(
  elevation: Elevation,
  state: ElevationState,
  at: number,
  { by, detail }: { by?: ElevationPerson; detail?: string },
): Elevation {
  const who = { ...(by === undefined ? {} : { by }), ...(detail === undefined ? {} : { detail }) };
  return { ...addEvent(elevation, endings[state]!, { at, ...who }), state, ended: { at, ...who } };
}

function approve(
  elevation: Elevation,
  { by, sets = [], under, detail }: ElevationStep & { type: 'approve' },
  at: number,
  namesOf: NamesOf,
): Elevation | ElevationRefusal {
  if (elevation.state !== 'pending') return 'not-pending';
  if (isSamePerson(by, elevation.requester, namesOf)) return 'own-request';
  const before = { ...elevation, approvals: countingApprovals(elevation, namesOf) };
  if (before.approvals.some((given) => isSamePerson(given.by, by, namesOf))) return 'approved-already';
  const demanded = elevation.approverSets?.map(({ name }) => name).filter((name) => sets.includes(name));
  if (demanded?.length === 0) return 'not-in-set';
  if (demanded && !wouldCount(before, demanded)) return 'set-complete';
  const approval = { by, at, ...(demanded ? { sets: demanded } : {}), ...(under === undefined ? {} : { under }) };
  const given = addEvent({ ...before, approvals: [...before.approvals, approval] }, 'elevation.approved', {
    at,
    by,
    ...(detail === undefined ? {} : { detail }),
  });
  return isApproved(given) ? approveTimes(given, at) : given;
}

/** Why an approved elevation never becomes a right. */
const aliasDetail = 'an approver is the requester, or another approver, under another account';

/**
 * Ends what time has ended, announces what can begin, and makes a right of what is announced and recorded. One whose
 * approvals no longer count, because an alias has become known, ends instead.
 */
function tick(elevation: Elevation, at: number, namesOf: NamesOf): Elevation | ElevationRefusal {
  if (at >= endsAt(elevation)) return end(elevation, elevation.state === 'pending' ? 'timed-out' : 'expired', at, {});
  if (!canBegin(elevation, at)) return 'nothing-to-do';
  if (!isApproved({ ...elevation, approvals: countingApprovals(elevation, namesOf) }))
    return end(elevation, 'revoked', at, { detail: aliasDetail });
  if (!elevation.announced) return announce(elevation, at);
  return elevation.unrecorded.length === 0 ? { ...elevation, state: 'active' } : 'nothing-to-do';
}

function decide(
  elevation: Elevation,
  step: Exclude<ElevationStep, { type: 'recorded' }>,
  at: number,
  namesOf: NamesOf,
): Elevation | ElevationRefusal {
  // A review changes no right, so it is possible at any time after the beginning.
  if (step.type === 'review') return review(elevation, step, at, namesOf);
  if (isOver(elevation)) return step.type === 'tick' ? noteOverdue(elevation, at) : 'over';
  if (step.type === 'tick') return tick(elevation, at, namesOf);
  // What time has ended cannot be decided any more, even if no tick has noticed it yet.
  if (at >= endsAt(elevation)) return 'time-is-up';
  switch (step.type) {
    case 'approve':
      return approve(elevation, step, at, namesOf);
    case 'deny':
      return elevation.state === 'pending' ? end(elevation, 'denied', at, step) : 'not-pending';
    case 'withdraw': {
      const { requester } = elevation;
      if (step.by.issuer !== requester.issuer || step.by.subject !== requester.subject) return 'not-own';
      return elevation.state === 'pending' ? end(elevation, 'withdrawn', at, step) : 'not-pending';
    }
    case 'revoke':
      return elevation.state === 'pending' ? 'not-approved' : end(elevation, 'revoked', at, step);
  }
}

/**
 * Takes one step at a time in milliseconds since the epoch. Returns the next revision, or why there is none. A clock
 * that is behind the last change counts as being at it, so that time never runs backwards for an elevation. `namesOf`
 * must know what everyone in `peopleOf` is known by at this time.
 */
export function transition(elevation: Elevation, step: ElevationStep, now: number, namesOf: NamesOf): ElevationOutcome {
  const at = Math.max(now, elevation.changedAt);
  if (step.type === 'recorded') {
    const left = elevation.unrecorded.filter(({ number }) => number > step.upTo);
    if (left.length === elevation.unrecorded.length) return refuse('nothing-to-do');
    return { ok: true, next: { ...elevation, unrecorded: left, revision: elevation.revision + 1, changedAt: at } };
  }
  const decided = decide(elevation, step, at, namesOf);
  if (typeof decided === 'string') return refuse(decided);
  const next = { ...decided, revision: elevation.revision + 1, changedAt: at };
  return { ok: true, next: withFacts(next, elevation.events) };
}

const ends = { deny: 'denied', withdraw: 'withdrawn', revoke: 'revoked' } as const;

/**
 * Reports whether an account has taken this step before, so that its refusal says nothing new. Who was told that a step
 * may or may not have happened repeats it.
 */
export function isRepeated(elevation: Elevation, step: ElevationStep): boolean {
  if (!('by' in step) || step.by === undefined) return false;
  const account = accountName(step.by);
  const isSame = (by: ElevationPerson | undefined) => by !== undefined && accountName(by) === account;
  if (step.type === 'approve') {
    const asked = elevation.approverSets?.map(({ name }) => name).filter((name) => step.sets?.includes(name)) ?? [];
    return (
      !isOver(elevation) &&
      elevation.approvals.some(({ by, sets = [] }) => isSame(by) && sets.join('\n') === asked.join('\n'))
    );
  }
  if (step.type === 'review') {
    const done = elevation.review?.done;
    return done !== undefined && isSame(done.by) && done.verdict === step.verdict && done.comment === step.comment;
  }
  return elevation.state === ends[step.type] && isSame(elevation.ended?.by);
}
