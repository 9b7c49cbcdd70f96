import type { CryptoKey } from 'jose';
import type { ProviderConfig } from '@sallyport/contracts';
import type { ForeignPrefixes } from '@sallyport/directory';
import type { OutboundFetch } from '@sallyport/kit';

/** The dependencies of a provider client. */
export type ProviderDeps = {
  provider: ProviderConfig;
  fetch: OutboundFetch;
  now: () => number;
  /** Signs client assertions if `clientAuth` is `private_key_jwt`. */
  clientKey?: CryptoKey;
  /** Names that belong to other providers. The default is none. */
  foreign?: ForeignPrefixes;
  /** Whether refresh tokens are stored (the default). If not, none is requested. */
  storesTokens?: boolean;
};
