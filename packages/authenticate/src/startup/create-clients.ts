import { readFileSync } from 'node:fs';
import { foreignPrefixes, warnOfSharedNames } from '@sallyport/contracts';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import { loadScimClients, openDirectory, type DirectoryStore, type OpenedDirectory } from '@sallyport/directory';
import type { AuthenticateDeps } from '../app/authenticate-deps.ts';
import { createLoginEvents } from '../events/login-events.ts';
import type { ProviderClient } from '../providers/client/provider-client.ts';
import { createProviderClient } from '../providers/create-provider-client.ts';
import { readClientKey } from '../providers/openid/client-authentication.ts';
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

/** Opens and starts the directory. */
export function startDirectory(
  { loaded, loaded: { config, resolvePath }, environment, fetch, metrics }: StartAuthenticate,
  deps: AuthenticateDeps,
  store: DirectoryStore,
  closing: Closing,
): OpenedDirectory {
  const opened = openDirectory({
    ...deps,
    config,
    resolvePath,
    store,
    scimClients: loadScimClients(loaded),
    random: Math.random,
    sessionEvents: createLoginEvents(deps),
    ...(metrics ? { metrics } : {}),
    fetchFor(source) {
      if (fetch) return fetch;
      // A directory is read in many pages, and a page that did not arrive is requested again.
      const own = createOutboundFetch({
        ...environment,
        keepAliveMs: 10_000,
        ...('caFile' in source && source.caFile != null
          ? { ca: readFileSync(resolvePath(source.caFile), 'utf8') }
          : {}),
      });
      closing.push(own.close);
      return own.fetch;
    },
  });
  closing.push(opened.close);
  opened.start();
  return opened;
}
