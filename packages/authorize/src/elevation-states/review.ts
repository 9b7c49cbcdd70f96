import type { Elevation, ElevationPerson, ElevationReview } from '@sallyport/contracts';
import { addEvent } from './events.ts';
import { isSamePerson, type NamesOf } from './same-person.ts';
import { reviewDueAt, awaitsReview } from './times.ts';

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
