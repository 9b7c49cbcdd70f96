import type { JWK } from 'jose';
import { z } from 'zod';

/** Public keys by their ID. */
export type KeySet = ReadonlyMap<string, JWK>;

const maxKeys = 100;
const documentSchema = z.object({ keys: z.array(z.record(z.string(), z.unknown())).max(maxKeys) });
const kinds: ReadonlySet<unknown> = new Set(['RSA', 'EC', 'OKP']);
/** SPIFFE marks the keys of JWT-SVIDs with a use of its own. */
const uses: ReadonlySet<unknown> = new Set([undefined, 'sig', 'jwt-svid']);
/** The members of a private or a symmetric key. */
const secretMembers = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi'];

const signs = (operations: unknown) =>
  operations === undefined || (Array.isArray(operations) && operations.includes('verify'));

/**
 * Reads the public keys of a JWK Set (RFC 7517) that can verify tokens. Leaves out keys without an ID, keys for other
 * uses, and IDs that two keys have. Returns undefined if it is not a JWK Set.
 */
export function readKeySet(document: unknown): KeySet | undefined {
  const { data } = documentSchema.safeParse(document);
  if (!data) return undefined;
  const found = new Map<string, JWK | undefined>();
  for (const key of data.keys) {
    const { kid, kty, use, key_ops: operations, x5c: _chain, ...rest } = key;
    if (typeof kid !== 'string' || !kinds.has(kty) || !uses.has(use) || !signs(operations)) continue;
    if (secretMembers.some((name) => Object.hasOwn(key, name))) continue;
    found.set(kid, found.has(kid) ? undefined : ({ ...rest, kid, kty } as JWK));
  }
  return new Map([...found].flatMap(([kid, key]) => (key === undefined ? [] : [[kid, key]])));
}
