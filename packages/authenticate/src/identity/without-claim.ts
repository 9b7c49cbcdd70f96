import type { Claims } from '@sallyport/directory';

const isMap = (value: unknown): value is Claims => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns a copy without the claim that `claimAt` finds at this path. */
export function withoutClaim(claims: Claims, path: string): Claims {
  const copy = Object.assign(Object.create(null) as Claims, claims);
  delete copy[path];
  const [first = '', ...rest] = path.split('.');
  const below = copy[first];
  if (rest.length > 0 && isMap(below)) copy[first] = withoutClaim(below, rest.join('.'));
  return copy;
}
