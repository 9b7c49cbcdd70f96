import type { FaultList, FaultPath } from '../compile/fault-list.ts';
import { compileStringMatcher, compileTextOrList, type StringMatcher } from './string-matcher.ts';
import { withoutEndSlash } from './without-end-slash.ts';

const negative: ReadonlySet<string> = new Set(['not', 'not_in']);

/**
 * Compiles a string matcher or a list over a path. A slash at the end does not count, because the API server treats `/version/`
 * like `/version`: a matcher holds for such a path if it holds for either spelling, and its negation if it holds for
 * neither. Returns undefined after reporting a fault.
 */
export function compilePathMatcher(data: unknown, path: FaultPath, faults: FaultList): StringMatcher | undefined {
  const whole = compileTextOrList(data, path, faults);
  if (!whole) return undefined;
  const operators = typeof data === 'string' || Array.isArray(data) ? [] : Object.keys(data as object);
  const parts = operators.map((operator) => ({
    isNegative: negative.has(operator),
    matches: compileStringMatcher({ [operator]: (data as Record<string, unknown>)[operator] }, path, faults)!,
  }));
  if (parts.length === 0) parts.push({ isNegative: false, matches: whole });
  return (left) => {
    const bare = withoutEndSlash(left);
    if (bare === undefined) return whole(left);
    return parts.every(({ isNegative, matches }) =>
      isNegative ? matches(left) && matches(bare) : matches(left) || matches(bare),
    );
  };
}
