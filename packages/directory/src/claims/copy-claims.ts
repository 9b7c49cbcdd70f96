import { ProblemError } from '@sallyport/kit';

/** The claims of a user. The map has no prototype, so no name from a provider reaches an inherited property. */
export type Claims = Record<string, unknown>;

const maxDepth = 8;
const maxBytes = 16 * 1024;
/** Claims about the token or the provider's session, not about the user. They differ in every token. */
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

/** Copies claims into maps without a prototype. Throws `login-failed` if they are nested too deep. */
export function copyClaims(claims: object): Claims {
  return copy(claims, 0) as Claims;
}

/**
 * Returns the claims to store with the session: those about the user, up to 16 KiB as JSON. Throws `login-failed` if
 * there are more, because leaving some out could grant access.
 */
export function claimsToKeep(claims: Claims): Claims {
  const kept = Object.create(null) as Claims;
  for (const [key, value] of Object.entries(claims)) if (!aboutToken.has(key)) kept[key] = value;
  if (Buffer.byteLength(JSON.stringify(kept)) > maxBytes) {
    throw new ProblemError(
      'login-failed',
      `The identity provider sent more than ${maxBytes / 1024} KiB of claims. Configure it to send fewer groups or attributes to this client.`,
    );
  }
  return kept;
}

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
