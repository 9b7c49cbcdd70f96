import { createCallerViews } from '../check/caller-view.ts';
import { createJudgeCheck, type JudgeCheck } from '../check/judge-check.ts';

/**
 * A judge whose answers are those of a check at that moment, and of which nobody else hears: no shadow policy is asked,
 * no view of a caller is kept.
 */
export function judgeAside(now: number): JudgeCheck {
  return createJudgeCheck({ callers: createCallerViews({ max: 1 }), now: () => now, shadow: () => undefined });
}
