import type { Elevation, ElevationPerson, ElevationReview } from '@sallyport/contracts';
import { addEvent } from './add-event.ts';
import { isSamePerson, type NamesOf } from './same-person.ts';

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

/** Returns an elevation with its review, or why there is none. The holder never reviews it, under any alias. */
export function review(
  elevation: Elevation,
  step: { by: ElevationPerson } & ElevationReview,
  at: number,
  namesOf: NamesOf,
): Elevation | 'no-review' | 'own-review' | 'not-begun' | 'reviewed-already' {
  const { by, verdict, comment } = step;
  if (!elevation.review) return 'no-review';
  if (isSamePerson(by, elevation.requester, namesOf)) return 'own-review';
  if (elevation.state === 'approved' || reviewDueAt(elevation) === undefined) return 'not-begun';
  if (elevation.review.done) return 'reviewed-already';
  const reviewed = { ...elevation, review: { ...elevation.review, done: { by, at, verdict, comment } } };
  return addEvent(reviewed, 'elevation.reviewed', { at, by, detail: comment });
}

/** Returns an elevation that is over with the event that its review is overdue, which it gets once. */
export function noteOverdue(elevation: Elevation, at: number): Elevation | 'nothing-to-do' {
  if (!awaitsReview(elevation) || elevation.review!.overdue || at < reviewDueAt(elevation)!) return 'nothing-to-do';
  const overdue = { ...elevation, review: { ...elevation.review!, overdue: true } };
  return addEvent(overdue, 'elevation.review-overdue', { at });
}
