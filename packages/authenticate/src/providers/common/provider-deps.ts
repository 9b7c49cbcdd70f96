import type { CryptoKey } from 'jose';
import type { ProviderConfig } from '@sallyport/contracts';
import type { ForeignPrefixes } from '@sallyport/directory';
import type { OutboundFetch } from '@sallyport/kit';

/** What the client of one provider is made of. */
export type ProviderDeps = {
  provider: ProviderConfig;
  fetch: OutboundFetch;
  now: () => number;
  /** Signs where `clientAuth` is `private_key_jwt`. */
  clientKey?: CryptoKey;
  /** Names that belong to the other providers; none unless given. */
  foreign?: ForeignPrefixes;
  /** Whether refresh tokens are kept; true unless given. Where nobody would keep one, none is asked for. */
  keepsTokens?: boolean;
};
