import type { FaultList, FaultPath } from '../document/fault-list.ts';
import { compileStringMatcher, compileTextOrList, type StringMatcher } from './string-matcher.ts';

/** Returns a path without the slashes at its end; undefined for a path without one, and for the root. */
export function withoutEndSlash(path: string | undefined): string | undefined {
  if (typeof path !== 'string' || path.length < 2 || !path.endsWith('/')) return undefined;
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

const negative: ReadonlySet<string> = new Set(['not', 'not_in']);

/**
 * Compiles a string matcher or a list over a path. A slash at the end does not count, because the API server treats
 * `/version/` like `/version`: a matcher holds for such a path if it holds for either spelling, and its negation if it
 * holds for neither. Returns undefined after reporting a fault.
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
