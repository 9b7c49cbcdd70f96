import type { CompileContext } from '../language/criterion.ts';
import { isPlainObject } from '../compile/plain-object.ts';
import { foldAddress } from './fold-address.ts';

/** The data of a matcher with every text of it folded as addresses are. */
export function foldData(data: unknown): unknown {
  if (typeof data === 'string') return foldAddress(data);
  if (Array.isArray(data)) return data.map(foldData);
  return isPlainObject(data)
    ? Object.fromEntries(Object.entries(data).map(([operator, right]) => [operator, foldData(right)]))
    : data;
}

/**
 * Joins two matchers over an address, one that takes it as it is written and one that takes it folded: mail servers and
 * the DNS look at no case, among other things, so that a caller could have another spelling of the same address. A deny
 * holds if either spelling makes it hold; `not` and `nor` turn that round.
 */
export function eitherSpelling<L>(
  asWritten: (left: L) => boolean,
  folded: (left: L) => boolean,
  { operator }: Pick<CompileContext, 'operator'>,
): (left: L) => boolean {
  const inverted = operator === 'not' || operator === 'nor';
  return inverted ? (left) => asWritten(left) && folded(left) : (left) => asWritten(left) || folded(left);
}
