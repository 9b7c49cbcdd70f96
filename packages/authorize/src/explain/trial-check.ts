import { createCallerViews } from '../check/caller-view.ts';
import { createEvaluateCheck, type EvaluateCheck } from '../check/evaluate-check.ts';

/**
 * Creates an evaluation with the same answers as a check at this time, but without side effects: no shadow policy is
 * evaluated, and no view of a caller is cached.
 */
export function createTrialCheck(now: number): EvaluateCheck {
  return createEvaluateCheck({ callers: createCallerViews({ max: 1 }), now: () => now, shadow: () => undefined });
}
