import type { CompileContext } from '../criterion.ts';
import { isPlainObject } from '../compile/plain-object.ts';

/** The data of a matcher with every text of it in lower case. */
export function lowerCaseData(data: unknown): unknown {
  if (typeof data === 'string') return data.toLowerCase();
  if (Array.isArray(data)) return data.map(lowerCaseData);
  return isPlainObject(data) ? Object.fromEntries(Object.entries(data).map(([operator, right]) => [operator, lowerCaseData(right)])) : data;
}

/**
 * Joins two matchers over an address, one that takes it as it is written and one without case: mail servers look at no case, so that somebody could have
 * another spelling of the same address. A deny holds if either spelling makes it hold; `not` and `nor` turn that round.
 */
export function eitherSpelling<L>(asWritten: (left: L) => boolean, withoutCase: (left: L) => boolean, { operator }: Pick<CompileContext, 'operator'>): (left: L) => boolean {
  const inverted = operator === 'not' || operator === 'nor';
  return inverted ? (left) => asWritten(left) && withoutCase(left) : (left) => asWritten(left) || withoutCase(left);
}
