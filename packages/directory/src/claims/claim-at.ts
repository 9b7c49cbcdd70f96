import type { Claims } from './copy-claims.ts';

const own = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && Object.hasOwn(value, key)
    ? (value as Claims)[key]
    : undefined;

/**
 * The claim of that whole name (names may hold dots, as URLs do), else the one at the path whose steps are parted by
 * dots; null counts as missing.
 */
export function claimAt(claims: Claims, path: string): unknown {
  return own(claims, path) ?? path.split('.').reduce<unknown>(own, claims) ?? undefined;
}
