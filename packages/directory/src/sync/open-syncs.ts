import type { SourceConfig } from '@sallyport/contracts';
import type { Metrics, OutboundFetch } from '@sallyport/kit';
import { createSourceSync, type SourceSync, type SourceSyncDeps } from './create-source-sync.ts';
import { openApi, type OpenApiDeps } from './open-api.ts';
import { createReadGithub } from './read-github.ts';
import { createReadGoogle } from './read-google.ts';
import { createReadOkta } from './read-okta.ts';
import type { ReadSnapshot, SyncedSource } from './snapshot.ts';
import { createSyncMetrics } from './sync-metrics.ts';

type OpenSyncsDeps = Omit<SourceSyncDeps, 'source' | 'read' | 'metrics'> &
  Omit<OpenApiDeps, 'fetch'> & {
    fetchFor(source: SourceConfig): OutboundFetch;
    metrics?: Metrics | undefined;
  };

const isSynced = (source: SourceConfig): source is SyncedSource => 'interval' in source;

function openReader(source: SyncedSource, deps: OpenSyncsDeps): ReadSnapshot {
  const { fetchFor, resolvePath, now, sleep, closed } = deps;
  const api = openApi(source, { fetch: fetchFor(source), resolvePath, now, sleep, closed });
  if (source.kind === 'google') return createReadGoogle(api, source);
  return source.kind === 'okta' ? createReadOkta(api, source) : createReadGithub(api, source);
}

/** Creates the sync of every source that is read at an interval, by source id. */
export function openSyncs(all: readonly SourceConfig[], deps: OpenSyncsDeps): Map<string, SourceSync> {
  const sources = all.filter(isSynced);
  const { store, singleUse, events, reconciler, logger, now, random } = deps;
  const metrics = createSyncMetrics({ metrics: deps.metrics, sources: sources.map(({ id }) => id), store });
  const common = { store, singleUse, events, reconciler, metrics, logger, now, random };
  return new Map(
    sources.map((source) => [source.id, createSourceSync({ ...common, source, read: openReader(source, deps) })]),
  );
}
