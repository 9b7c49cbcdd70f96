import { readFileSync } from 'node:fs';
import { loadScimClients, openDirectory, type DirectoryStore, type OpenedDirectory } from '@sallyport/directory';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import type { AuthenticateDeps } from '../app/authenticate-deps.ts';
import { createLoginEvents } from '../events/login-events.ts';
import type { Closing, StartAuthenticate } from './start-parts.ts';

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
