import { readFileSync } from 'node:fs';
import type { OutboundFetch, Metrics } from '@sallyport/kit';
import type { SourceConfig } from '@sallyport/contracts';
import { createAccessToken } from '../api/access-token.ts';
import { createApiClient, type ApiClient } from '../api/create-api-client.ts';
import { createSourceSync, type SourceSync, type SourceSyncDeps } from './create-source-sync.ts';
import { createReadGithub } from './read-github.ts';
import { googleTokenForm, createReadGoogle } from './read-google.ts';
import { createReadOkta } from './read-okta.ts';
import type { SyncedSource, ReadSnapshot } from './snapshot.ts';
import { createSyncMetrics } from './sync-metrics.ts';

type OpenApiDeps = {
  fetch: OutboundFetch;
  resolvePath(file: string): string;
  now: () => number;
  sleep(ms: number): Promise<void>;
  closed(): boolean;
};

/** Creates the API client of a source, with the headers by which its kind of API authenticates a client. */
function openApi(source: SyncedSource, deps: OpenApiDeps): ApiClient {
  const { resolvePath, ...common } = deps;
  const { fetch, now } = common;
  const { url } = source;
  if (source.kind === 'google') {
    const accessToken = createAccessToken({
      fetch,
      url: source.tokenUrl,
      now,
      form: async () =>
        googleTokenForm(readFileSync(resolvePath(source.serviceAccountFile), 'utf8'), {
          admin: source.admin,
          tokenUrl: source.tokenUrl,
          now: now(),
        }),
    });
    return createApiClient({
      ...common,
      url,
      headers: async () => ({ authorization: `Bearer ${await accessToken()}` }),
    });
  }
  const token = () => source.token ?? readFileSync(resolvePath(source.tokenFile!), 'utf8').trim();
  if (source.kind === 'okta')
    return createApiClient({ ...common, url, headers: async () => ({ authorization: `SSWS ${token()}` }) });
  return createApiClient({
    ...common,
    url,
    headers: async () => ({
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token()}`,
      'user-agent': 'sallyport',
      'x-github-api-version': '2022-11-28',
    }),
  });
}

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
