import {
  claimsSource as id,
  type ProviderConfig,
  foreignPrefixes,
  type Config,
  type SourceConfig,
} from '@sallyport/contracts';
import type { Logger, OutboundFetch } from '@sallyport/kit';
import { createGraph } from '../api/create-graph.ts';
import { claimAt } from '../claims/copy-claims.ts';
import { readGroups } from '../claims/read-groups.ts';
import type { ProviderSources } from '../groups/create-directory.ts';
import type { GroupSource } from '../groups/group-source.ts';
import type { WatchedPeopleFile } from '../map/people-file.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import { createEntraSource } from './entra-source.ts';
import { createMapSource } from './map-source.ts';
import { createStoredSource } from './stored-source.ts';

/**
 * Creates the source for the claims that the provider sent at the login or the last refresh, in the id_token or from
 * UserInfo. It knows a user if there is a claim about groups.
 */
function createClaimsSource(provider: ProviderConfig): GroupSource {
  return {
    id,
    required: false,
    lookUp: async ({ claims }) =>
      claimAt(claims, provider.claims.groups) === undefined
        ? { known: false }
        : { known: true, active: true, groups: readGroups(provider, claims) },
  };
}

type OpenSourcesDeps = {
  store: DirectoryStore;
  files: ReadonlyMap<string, WatchedPeopleFile>;
  fetchFor(source: SourceConfig): OutboundFetch;
  logger: Logger;
  now: () => number;
  sleep(ms: number): Promise<void>;
};

function openSource(deps: OpenSourcesDeps, provider: ProviderConfig, source: SourceConfig): GroupSource {
  const { store, files, fetchFor, now, logger, sleep } = deps;
  if (source.kind === 'map') return createMapSource({ provider, source, map: () => files.get(source.id)!.now() });
  if (source.kind === 'entra')
    return createEntraSource({
      provider,
      source,
      store,
      logger,
      now,
      graph: createGraph({ source, fetch: fetchFor(source), now, sleep }),
    });
  return createStoredSource({ provider, source, store, now });
}

/** Creates the sources of every provider, in the order of its `groupSources`. */
export function openSources(identity: Config['identity'], deps: OpenSourcesDeps): ProviderSources[] {
  const byId = new Map(identity.directory.sources.map((source) => [source.id, source]));
  return identity.providers.map((provider) => ({
    provider,
    foreign: foreignPrefixes(provider, identity.providers),
    sources: provider.groupSources.map((name) =>
      byId.has(name) ? openSource(deps, provider, byId.get(name)!) : createClaimsSource(provider),
    ),
  }));
}
