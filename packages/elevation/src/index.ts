// The life of an elevation as pure functions: its states, and what leads from one to the next.
export { transition, type ElevationStep, type ElevationRefusal, type ElevationOutcome } from './life/transition.ts';
export { requestElevation, type ElevationTerms } from './life/request-elevation.ts';
export { awaitsReview, isBreakGlass, reviewDueAt } from './life/review.ts';
export { approverSetProgress, isApproved, wouldCount } from './life/approver-sets.ts';
export { endsAt, isActive, isOver, nextStepAt } from './life/times.ts';
export { factsOf } from './life/event-facts.ts';
export { capExtension, latestEnd, tighten, type EntryTerms } from './life/tighten.ts';
export { peopleOf } from './life/approvals.ts';
export { isRepeated } from './life/is-repeated.ts';
export { foldName } from './life/fold-name.ts';
export { accountName, ownNames, type NamesOf } from './life/same-person.ts';
