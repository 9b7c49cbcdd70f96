import { noSuchCluster as detailOf } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { createCallerViews } from '../caller/caller-view.ts';
import type { Answer } from '../check/answer.ts';
import { createEvaluateCheck, type EvaluateCheck } from '../check/evaluate-check.ts';
import { createMayKnow } from '../clusters/may-know.ts';
import { createElevateCaller } from '../elevations/grants/elevate-caller.ts';
import type { HeldElevations } from '../elevations/keeper/held-elevations.ts';

/**
 * Returns the same answer for a cluster that does not exist and for one of which the caller must not know, in the words
 * of the refusal.
 */
export const noSuchCluster = (name: string, { problem }: Pick<Answer, 'problem'>): ProblemError =>
  new ProblemError('not-found', problem?.detail ?? detailOf(name));

/**
 * Creates an evaluation with the same answers as a check at this time, but without side effects: no shadow policy is
 * evaluated, no view of a caller is cached, and no elevation ends. `held` has the elevations, if there can be any. Without
 * `hides`, for those who may see every rule, a refusal names the rule whoever it is about.
 */
export function createTrialCheck(
  now: number,
  held?: Pick<HeldElevations, 'of' | 'waitingOf'>,
  { hides = true }: { hides?: boolean } = {},
): EvaluateCheck {
  const callers = createCallerViews({ max: 1 });
  const elevate = held && createElevateCaller({ held, views: callers });
  return createEvaluateCheck({
    callers,
    now: () => now,
    shadow: () => undefined,
    elevate,
    waitingOf: held?.waitingOf,
    mayKnow: hides ? createMayKnow() : undefined,
  });
}
