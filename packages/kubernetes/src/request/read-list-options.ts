import { isLabelSelector } from '../selectors/label-selector.ts';
import { requiredFieldValue } from '../selectors/field-selector.ts';
import type { QueryParameters } from './parse-query.ts';

/** The list options that change what a request is. */
export type ListOptions = { watch: boolean; name: string };

const integer = /^[+-]?0*([0-9]{1,19})$/;

/**
 * Reads a boolean parameter like the API server: absent, `0` and `false` (in any case) are false; anything else, even an
 * empty value, is true.
 */
export function isApiTrue(values: readonly string[] | undefined): boolean {
  const value = values?.[0];
  // The u flag folds case like Go's EqualFold, including the long s.
  return value !== undefined && value !== '0' && !/^false$/iu.test(value);
}

/** Reads watch and the name in a field selector, with the API server's fallback for options that it cannot decode. */
export function readListOptions(query: QueryParameters): ListOptions {
  if (query.size === 0) return { watch: false, name: '' };
  const pinned = requiredFieldValue(query.get('fieldSelector')?.[0] ?? '', 'metadata.name');
  if (pinned === undefined || !canDecode(query)) {
    const value = query.get('watch')?.[0]?.toLowerCase();
    return { watch: value !== undefined && value !== '0' && value !== 'false', name: '' };
  }
  const named = pinned !== '.' && pinned !== '..' && !pinned.includes('/') && !pinned.includes('%');
  return { watch: isApiTrue(query.get('watch')), name: named ? pinned : '' };
}

function canDecode(query: QueryParameters): boolean {
  return (
    isInteger(query.get('limit')) &&
    isInteger(query.get('timeoutSeconds')) &&
    isLabelSelector(query.get('labelSelector')?.[0] ?? '')
  );
}

function isInteger(values: readonly string[] | undefined): boolean {
  const value = values?.[0];
  if (value === undefined) return true;
  const digits = integer.exec(value)?.[1];
  if (digits === undefined) return false;
  return BigInt(digits) <= (value.startsWith('-') ? 2n ** 63n : 2n ** 63n - 1n);
}
