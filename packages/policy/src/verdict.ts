import { reasonId, type Reason } from './reasons.ts';

/**
 * What a criterion says of a request: a reason's id, positive if the criterion holds, negative if not.
 * A plain number, because a pair per criterion and request would be garbage on the hot path. Zero is no verdict and never passes.
 */
export type Verdict = number;

/** The verdict "holds, because". */
export function pass(reason: Reason): Verdict {
  return reasonId(reason);
}

/** The verdict "does not hold, because". */
export function fail(reason: Reason): Verdict {
  return -reasonId(reason);
}
