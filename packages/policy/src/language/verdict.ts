import { reasonId, type Reason } from './reasons.ts';

/**
 * The result of a criterion for a request: the ID of a reason, positive if the criterion holds, negative if it does
 * not, and above `openVerdicts` if it is open. A plain number, because the hot path must not allocate a pair per
 * criterion and request. Zero is not a verdict and never passes.
 */
export type Verdict = number;

/** The IDs of reasons are below this. An open verdict is the ID of a reason plus this. */
const openVerdicts = 128;

/** Returns the verdict that a criterion holds, with its reason. */
export function pass(reason: Reason): Verdict {
  return reasonId(reason);
}

/** Returns the verdict that a criterion does not hold, with its reason. */
export function fail(reason: Reason): Verdict {
  return -reasonId(reason);
}

/**
 * Returns the verdict that a criterion is open, with its reason: it may hold for some of what the request reaches, or
 * it could not be determined. An open criterion makes a deny hold and an allow fail, inverted or not.
 */
export function leaveOpen(reason: Reason): Verdict {
  return openVerdicts + reasonId(reason);
}

/** Reports whether a verdict is open. */
export function isOpen(verdict: Verdict): boolean {
  return verdict > openVerdicts;
}

/** Returns the ID of a verdict's reason. Anything but a positive number means that there was no verdict. */
export function reasonIdOf(verdict: Verdict): number {
  if (verdict > openVerdicts) return verdict - openVerdicts;
  return verdict < 0 ? -verdict : verdict;
}
