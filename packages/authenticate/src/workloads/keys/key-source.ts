import type { ClusterKeys } from '@sallyport/contracts';
import type { JWK } from 'jose';
import { z } from 'zod';

/** Where the tokens of workloads come from: an issuer, a cluster or a trust domain, and its keys. */
export type KeySource = {
  /** Names the source where several must be told apart. */
  id: string;
  /** Reports whether a token claims to come from here. Its claims are not verified yet. */
  recognizes(claims: Readonly<Record<string, unknown>>, given: readonly ClusterKeys[]): boolean;
  /**
   * Returns the public key with this ID, or undefined if the source has none. Rejects with
   * `identity-provider-unavailable` if it cannot be known.
   */
  keyFor(keyId: string, given: readonly ClusterKeys[]): Promise<JWK | undefined>;
};

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

/**
 * Creates the source of a cluster's ServiceAccount tokens. The proxy reads the issuer and the keys from the cluster and
 * sends them with the token, because only the proxy has access to clusters.
 */
export function createClusterSource(cluster: string): KeySource {
  const own = (given: Parameters<KeySource['recognizes']>[1]) => given.find((one) => one.cluster === cluster);
  return {
    id: `cluster/${cluster}`,
    recognizes: ({ iss }, given) => own(given)?.issuer === iss,
    keyFor: async (keyId, given) => readKeySet({ keys: own(given)?.keys ?? [] })?.get(keyId),
  };
}
