import { readFileSync } from 'node:fs';
import { foreignPrefixes, warnOfSharedNames } from '@sallyport/contracts';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import { createProviderClient } from '../providers/create-provider-client.ts';
import { readClientKey } from '../providers/openid/read-client-key.ts';
import type { Closing, StartAuthenticate } from './start-parts.ts';

/** Creates the clients of the configured identity providers. */
export function createProviders(
  {
    loaded: {
      config: { identity, workloads },
      resolvePath,
    },
    environment,
    fetch,
    logger,
    now = Date.now,
  }: StartAuthenticate,
  storesTokens: boolean,
  closing: Closing,
): ProviderClient[] {
  const read = (file: string | null | undefined) =>
    file == null ? undefined : readFileSync(resolvePath(file), 'utf8');
  for (const { path, message } of warnOfSharedNames(identity.providers)) logger.warn(`${path} ${message}`);
  return identity.providers.map((provider) => {
    const [ca, key] = [read(provider.caFile), read(provider.clientKeyFile)];
    const parts = {
      provider,
      now,
      storesTokens,
      foreign: foreignPrefixes(provider, identity.providers, workloads),
      ...(key === undefined ? {} : { clientKey: readClientKey(key) }),
    };
    if (fetch) return createProviderClient({ ...parts, fetch });
    const own = createOutboundFetch({ ...environment, ...(ca === undefined ? {} : { ca }) });
    closing.push(own.close);
    return createProviderClient({ ...parts, fetch: own.fetch });
  });
}
