import { reasonId, type Reason } from './reasons.ts';

/**
 * What a criterion says of a request: a reason's id, positive if the criterion holds, negative if not, and above
 * `openVerdicts` if the request leaves it open. A plain number, because a pair per criterion and request would be
 * garbage on the hot path. Zero is no verdict and never passes.
 */
export type Verdict = number;

/** Reasons' ids stay below this; an open verdict is a reason's id on top of it. */
const openVerdicts = 128;

/** The verdict "holds, because". */
export function pass(reason: Reason): Verdict {
  return reasonId(reason);
}

/** The verdict "does not hold, because". */
export function fail(reason: Reason): Verdict {
  return -reasonId(reason);
}

/**
 * The verdict "neither: it may hold for some of what the request can touch, or could not be found out, because". Makes
 * a deny hold and an allow fail, turned round or not.
 */
export function leaveOpen(reason: Reason): Verdict {
  return openVerdicts + reasonId(reason);
}

/** True for a verdict of `leaveOpen`. */
export function isOpen(verdict: Verdict): boolean {
  return verdict > openVerdicts;
}

/** The id of a verdict's reason; anything but a positive number means that there was no verdict. */
export function reasonIdOf(verdict: Verdict): number {
  if (verdict > openVerdicts) return verdict - openVerdicts;
  return verdict < 0 ? -verdict : verdict;
}
