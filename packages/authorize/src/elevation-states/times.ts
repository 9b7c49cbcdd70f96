import type { Elevation } from '@sallyport/contracts';

/** Reports whether an elevation needs no approval to begin. */
export function isBreakGlass({ approvalsNeeded }: Pick<Elevation, 'approvalsNeeded'>): boolean {
  return approvalsNeeded === 0;
}

/**
 * Returns when the review of an elevation is due: a time after its end, whether the clock or a person has ended it.
 * Undefined if no one has to review it, and until the audit log is told that it begins.
 */
export function reviewDueAt({ review, announced, ended, expiresAt }: Elevation): number | undefined {
  if (!review || !announced || expiresAt === undefined) return undefined;
  // The end is written down some time after the clock has ended it.
  return Math.min(ended?.at ?? expiresAt, expiresAt) + review.withinMs;
}

/** Reports whether someone still has to review an elevation. */
export function awaitsReview(elevation: Elevation): boolean {
  return elevation.review?.done === undefined && reviewDueAt(elevation) !== undefined;
}

/** Reports whether an elevation can never be a right again. All that can follow is its review, and records of events. */
export function isOver({ state }: Pick<Elevation, 'state'>): boolean {
  return state !== 'pending' && state !== 'approved' && state !== 'active';
}

/** Returns the time at which an elevation ends by itself. Infinity for one that is over. */
export function endsAt(elevation: Pick<Elevation, 'state' | 'pendingUntil' | 'expiresAt'>): number {
  if (isOver(elevation)) return Infinity;
  // An approved one without an end cannot exist. It would count as ended.
  return elevation.state === 'pending' ? elevation.pendingUntil : (elevation.expiresAt ?? 0);
}

/** Reports whether an elevation is a right at this time. Nothing but the state and the clock is looked at. */
export function isActive(elevation: Elevation, now: number): boolean {
  const { state, activeFrom, expiresAt } = elevation;
  return (
    state === 'active' && activeFrom !== undefined && expiresAt !== undefined && activeFrom <= now && now < expiresAt
  );
}

/** How long the replica that took a step has to record it before others try, in milliseconds. */
const headStartMs = 2000;

/** Later than every clock: only a person can do something. The store keeps the elevation until then. */
const untilReviewed = Number.MAX_SAFE_INTEGER;

/**
 * Returns when something is to be done about an elevation by whichever replica notices: recording its events, letting it
 * begin, writing down that it has ended, or that its review is overdue. Undefined if nothing ever is. One that waits for
 * its review always has a next step, because what has none is forgotten after a while.
 */
export function nextStepAt(elevation: Elevation): number | undefined {
  if (elevation.unrecorded.length > 0) return elevation.changedAt + headStartMs;
  if (isOver(elevation)) {
    if (!awaitsReview(elevation)) return undefined;
    return elevation.review!.overdue ? untilReviewed : reviewDueAt(elevation);
  }
  if (elevation.state === 'approved')
    return elevation.announced ? elevation.changedAt + headStartMs : (elevation.activeFrom ?? 0);
  return endsAt(elevation);
}
