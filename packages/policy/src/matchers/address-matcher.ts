import type { CompileContext } from '../language/criterion.ts';
import { isPlainObject } from '../compile/plain-object.ts';
import { foldAddress } from './fold-address.ts';

/** Returns the data of a matcher with every string folded like an address. */
export function foldData(data: unknown): unknown {
  if (typeof data === 'string') return foldAddress(data);
  if (Array.isArray(data)) return data.map(foldData);
  return isPlainObject(data)
    ? Object.fromEntries(Object.entries(data).map(([operator, right]) => [operator, foldData(right)]))
    : data;
}

/**
 * Combines two matchers over an address, one for the address as written and one for the folded address. Mail servers
 * and the DNS ignore case, among other things, so a caller could use another spelling of the same address. A deny holds
 * if either spelling makes it hold. `not` and `nor` invert that.
 */
export function eitherSpelling<L>(
  asWritten: (left: L) => boolean,
  folded: (left: L) => boolean,
  { operator }: Pick<CompileContext, 'operator'>,
): (left: L) => boolean {
  const inverted = operator === 'not' || operator === 'nor';
  return inverted ? (left) => asWritten(left) && folded(left) : (left) => asWritten(left) || folded(left);
}
