import type { ClusterKeys } from '@sallyport/contracts';
import type { JWK } from 'jose';

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
