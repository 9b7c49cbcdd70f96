import type { Claims } from './copy-claims.ts';

const own = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? (value as Claims)[key]
    : undefined;

/**
 * Returns the claim with this whole name (names may contain dots, as URLs do), or else the one at this dotted path. Null
 * counts as missing.
 */
export function claimAt(claims: Claims, path: string): unknown {
  return own(claims, path) ?? path.split('.').reduce<unknown>(own, claims) ?? undefined;
}
