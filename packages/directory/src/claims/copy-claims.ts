import { ProblemError } from '@sallyport/kit';

/** Claims of a person; a map without a prototype, so that no name a provider sends reaches an inherited property. */
export type Claims = Record<string, unknown>;

const maxDepth = 8;
const maxBytes = 16 * 1024;
/** Claims about the token or the session at the provider, not about the person; they are others in every token. */
export const aboutToken: ReadonlySet<string> = new Set([
  'iss',
  'aud',
  'exp',
  'iat',
  'nbf',
  'nonce',
  'at_hash',
  'c_hash',
  's_hash',
  'jti',
  'azp',
  'auth_time',
  'sid',
  'session_state',
  'uti',
  'rh',
  'aio',
]);

function copy(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > maxDepth)
    throw new ProblemError(
      'login-failed',
      `The identity provider sent claims that are nested more than ${maxDepth} deep.`,
    );
  if (Array.isArray(value)) return Array.from(value, (item) => copy(item, depth + 1));
  const target = Object.create(null) as Claims;
  for (const [key, item] of Object.entries(value)) if (key !== '__proto__') target[key] = copy(item, depth + 1);
  return target;
}

/** Copies claims into maps without a prototype. Refuses what is nested too deep. */
export function copyClaims(claims: object): Claims {
  return copy(claims, 0) as Claims;
}

/**
 * What of the claims is kept with the session: those about the person, at most 16 KiB as JSON. More is refused: to
 * leave some out could let somebody in.
 */
export function claimsToKeep(claims: Claims): Claims {
  const kept = Object.create(null) as Claims;
  for (const [key, value] of Object.entries(claims)) if (!aboutToken.has(key)) kept[key] = value;
  if (Buffer.byteLength(JSON.stringify(kept)) > maxBytes) {
    throw new ProblemError(
      'login-failed',
      `The identity provider sent more than ${maxBytes / 1024} KiB of claims; have it send fewer groups or attributes to this client.`,
    );
  }
  return kept;
}
