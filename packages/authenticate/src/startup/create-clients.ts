import { readFileSync } from 'node:fs';
import { foreignPrefixes, warnOfSharedNames } from '@sallyport/contracts';
import { loadScimClients, openDirectory, type DirectoryStore, type OpenedDirectory } from '@sallyport/directory';
import type { AuthenticateDeps } from '../app/authenticate-deps.ts';
import { createLoginEvents } from '../events/login-events.ts';
import type { ProviderClient } from '../providers/client/provider-client.ts';
import { createProviderClient } from '../providers/create-provider-client.ts';
import { readClientKey } from '../providers/openid/client-authentication.ts';
import { openFetch, type Closing, type StartAuthenticate } from './start-parts.ts';

/** Creates the clients of the configured identity providers. */
export function createProviders(parts: StartAuthenticate, storesTokens: boolean, closing: Closing): ProviderClient[] {
  const { loaded, logger, now = Date.now } = parts;
  const { identity, workloads } = loaded.config;
  for (const { path, message } of warnOfSharedNames(identity.providers)) logger.warn(`${path} ${message}`);
  return identity.providers.map((provider) => {
    const { caFile, clientKeyFile } = provider;
    const key = clientKeyFile == null ? undefined : readFileSync(loaded.resolvePath(clientKeyFile), 'utf8');
    return createProviderClient({
      provider,
      now,
      storesTokens,
      foreign: foreignPrefixes(provider, identity.providers, workloads),
      ...(key === undefined ? {} : { clientKey: readClientKey(key) }),
      fetch: openFetch(parts, caFile, closing),
    });
  });
}

/** Opens and starts the directory. */
export function startDirectory(
  parts: StartAuthenticate,
  deps: AuthenticateDeps,
  store: DirectoryStore,
  closing: Closing,
): OpenedDirectory {
  const { loaded, metrics } = parts;
  const opened = openDirectory({
    ...deps,
    config: loaded.config,
    resolvePath: loaded.resolvePath,
    store,
    scimClients: loadScimClients(loaded),
    random: Math.random,
    sessionEvents: createLoginEvents(deps),
    ...(metrics ? { metrics } : {}),
    // A directory is read in many pages, and a page that did not arrive is requested again.
    fetchFor: (source) =>
      openFetch(parts, 'caFile' in source ? source.caFile : undefined, closing, { keepAliveMs: 10_000 }),
  });
  closing.push(opened.close);
  opened.start();
  return opened;
}
