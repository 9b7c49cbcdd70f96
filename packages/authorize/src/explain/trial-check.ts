import { createCallerViews } from '../check/caller-view.ts';
import { createEvaluateCheck, type EvaluateCheck } from '../check/evaluate-check.ts';

/**
 * A judge whose answers are those of a check at that moment, and of which nobody else hears: no shadow policy is asked,
 * no view of a caller is kept.
 */
export function createTrialCheck(now: number): EvaluateCheck {
  return createEvaluateCheck({ callers: createCallerViews({ max: 1 }), now: () => now, shadow: () => undefined });
}
