import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import {
  foreignPrefixes,
  type Config,
  type ProviderConfig,
  type SourceConfig,
  type SourceConfigOf,
} from '@sallyport/contracts';
import type { AuditSink } from '@sallyport/audit-log';
import type { DirectoryStore } from './store/directory-store.ts';
import type { Logger, Metrics } from '@sallyport/kit';
import type { SessionStore, SingleUseStore } from '@sallyport/stores';
import type { OutboundFetch } from '@sallyport/kit';
import type { SessionEvents } from './events/session-events.ts';
import { createAccessToken } from './api/access-token.ts';
import { createApiClient, type ApiClient } from './api/create-api-client.ts';
import { createDirectory, type Directory } from './groups/create-directory.ts';
import { createDirectoryEvents, type DirectoryEvents } from './events/directory-events.ts';
import { createGraph } from './entra/create-graph.ts';
import { createReconcilingSessionStore } from './reconcile/create-reconciling-session-store.ts';
import { watchPeopleFile, type WatchedPeopleFile } from './map/people-file.ts';
import { createSourceSync, type SourceSync } from './sync/create-source-sync.ts';
import { createSyncMetrics } from './sync/sync-metrics.ts';
import { createReadGithub } from './sync/read-github.ts';
import { createReadGoogle, googleTokenForm } from './sync/read-google.ts';
import { createReadOkta } from './sync/read-okta.ts';
import type { ReadSnapshot } from './sync/snapshot.ts';
import type { SyncedSource } from './sync/apply-snapshot.ts';
import type { ScimClient, ScimDeps } from './scim/routes/scim-deps.ts';
import { createSessionReconciler, type SessionReconciler } from './reconcile/create-session-reconciler.ts';
import { createClaimsSource } from './sources/claims-source.ts';
import { createEntraSource } from './sources/entra-source.ts';
import type { GroupSource } from './sources/group-source.ts';
import { createMapSource, groupsInMap } from './sources/map-source.ts';
import { createStoredSource } from './sources/stored-source.ts';

export type OpenDirectoryDeps = {
  config: Pick<Config, 'identity' | 'gateway'>;
  resolvePath(file: string): string;
  store: DirectoryStore;
  /** Sessions as they are; those that hang on the directory come out of this. */
  sessions: SessionStore;
  singleUse: SingleUseStore;
  /** By the hashes of their tokens. */
  scimClients: ReadonlyMap<string, ScimClient>;
  /** A fetch for a source that is asked over the network. */
  fetchFor(source: SourceConfig): OutboundFetch;
  sessionEvents: SessionEvents;
  audit: AuditSink;
  logger: Logger;
  metrics?: Metrics | undefined;
  now: () => number;
  random: () => number;
  randomId: () => string;
  sleep?: (ms: number) => Promise<void>;
};

/** What logins and sessions become with a directory, and what runs beside them. */
export type OpenedDirectory = {
  directory: Directory;
  sessions: SessionStore;
  scim: ScimDeps | undefined;
  reconciler: SessionReconciler;
  syncs: ReadonlyMap<string, SourceSync>;
  start(): void;
  close(): Promise<void>;
};

type Parts = OpenDirectoryDeps & {
  sleep(ms: number): Promise<void>;
  events: DirectoryEvents;
  files: Map<string, WatchedPeopleFile>;
  closed(): boolean;
};

/** Waits, but not for longer than the service runs. */
const pauseUntil = (signal: AbortSignal) => (ms: number) => wait(ms, undefined, { signal, ref: false }).catch(() => {});
const isPulled = (source: SourceConfig): source is SyncedSource => 'interval' in source;

/** The API of a source, asked in the way that its kind wants. */
function openApi(parts: Parts, source: SyncedSource): ApiClient {
  const { resolvePath, now, sleep, closed } = parts;
  const common = { fetch: parts.fetchFor(source), url: source.url, now, sleep, closed };
  if (source.kind === 'google') {
    const accessToken = createAccessToken({
      fetch: common.fetch,
      url: source.tokenUrl,
      now,
      form: async () =>
        googleTokenForm(readFileSync(resolvePath(source.serviceAccountFile), 'utf8'), {
          admin: source.admin,
          tokenUrl: source.tokenUrl,
          now: now(),
        }),
    });
    return createApiClient({ ...common, headers: async () => ({ authorization: `Bearer ${await accessToken()}` }) });
  }
  const token = () => source.token ?? readFileSync(resolvePath(source.tokenFile!), 'utf8').trim();
  if (source.kind === 'okta')
    return createApiClient({ ...common, headers: async () => ({ authorization: `SSWS ${token()}` }) });
  return createApiClient({
    ...common,
    headers: async () => ({
      accept: 'application/vnd.github+json',
      authorization: `Bearer ${token()}`,
      'user-agent': 'sallyport',
      'x-github-api-version': '2022-11-28',
    }),
  });
}

function openReader(parts: Parts, source: SyncedSource): ReadSnapshot {
  const api = openApi(parts, source);
  if (source.kind === 'google') return createReadGoogle(api, source);
  return source.kind === 'okta' ? createReadOkta(api, source) : createReadGithub(api, source);
}

function openSource(parts: Parts, provider: ProviderConfig, source: SourceConfig): GroupSource {
  const { store, now, logger, sleep } = parts;
  if (source.kind === 'map') return createMapSource({ provider, source, map: () => parts.files.get(source.id)!.now() });
  if (source.kind === 'entra')
    return createEntraSource({
      provider,
      source,
      store,
      logger,
      now,
      graph: createGraph({ source, fetch: parts.fetchFor(source), now, sleep }),
    });
  return createStoredSource({ provider, source, store, now });
}

/** For each provider its sources, in the order of the configuration. */
function openSources(parts: Parts) {
  const { identity } = parts.config;
  const byId = new Map(identity.directory.sources.map((source) => [source.id, source]));
  return identity.providers.map((provider) => ({
    provider,
    foreign: foreignPrefixes(provider, identity.providers),
    sources: provider.groupSources.map((name) =>
      byId.has(name) ? openSource(parts, provider, byId.get(name)!) : createClaimsSource(provider),
    ),
  }));
}

/** Files are read before anything else: a faulty one keeps the service from starting. */
function openFiles({ config, resolvePath, logger, metrics }: OpenDirectoryDeps): Map<string, WatchedPeopleFile> {
  const maps = config.identity.directory.sources.filter(
    (source): source is SourceConfigOf<'map'> => source.kind === 'map',
  );
  return new Map(maps.map(({ id, file }) => [id, watchPeopleFile(resolvePath(file), { source: id, logger, metrics })]));
}

/** People whom a new file puts elsewhere. */
function followFiles({ files, logger }: Parts, reconciler: SessionReconciler): void {
  for (const [id, file] of files) {
    file.onChange((before, after) => {
      const isOther = JSON.stringify;
      reconciler
        .reconcileAll(
          ({ identity }) => isOther(groupsInMap(before, identity)) !== isOther(groupsInMap(after, identity)),
        )
        .catch((error: unknown) =>
          logger.warn(
            { err: error, source: id },
            'sessions could not be compared with the file of people and groups at once; they will be',
          ),
        );
    });
  }
}

function openPullers(parts: Parts, reconciler: SessionReconciler): Map<string, SourceSync> {
  const { store, singleUse, events, logger, now, random } = parts;
  const sources = parts.config.identity.directory.sources.filter(isPulled);
  const metrics = createSyncMetrics({ metrics: parts.metrics, sources: sources.map(({ id }) => id), store });
  return new Map(
    sources.map((source) => [
      source.id,
      createSourceSync({
        source,
        read: openReader(parts, source),
        store,
        singleUse,
        events,
        reconciler,
        metrics,
        logger,
        now,
        random,
      }),
    ]),
  );
}

/**
 * Composes the directory: what says who is in which group, what makes logins and sessions follow it, and what may be
 * pushed.
 */
export function openDirectory(deps: OpenDirectoryDeps): OpenedDirectory {
  const {
    config: { identity, gateway },
    store,
    sessions,
    singleUse,
    scimClients,
    sessionEvents,
    logger,
    now,
    random,
    randomId,
    metrics,
  } = deps;
  const closing = new AbortController();
  const events = createDirectoryEvents(deps);
  const parts: Parts = {
    ...deps,
    sleep: deps.sleep ?? pauseUntil(closing.signal),
    events,
    files: openFiles(deps),
    closed: () => closing.signal.aborted,
  };
  const directory = createDirectory({ providers: openSources(parts), store });
  const sourceIds = identity.directory.sources.filter(({ kind }) => kind !== 'map').map(({ id }) => id);
  const fingerprint = hash(
    'sha256',
    JSON.stringify([
      identity.directory,
      identity.providers.map(({ id, groupSources, combineGroups, prefix }) => [
        id,
        groupSources,
        combineGroups,
        prefix,
      ]),
    ]),
    'base64url',
  );
  const reconciler = createSessionReconciler({
    directory,
    sourceIds,
    store,
    sessions,
    singleUse,
    events: sessionEvents,
    logger,
    metrics,
    random,
    fingerprint,
  });
  const syncs = openPullers(parts, reconciler);
  followFiles(parts, reconciler);
  return {
    directory,
    reconciler,
    syncs,
    sessions: createReconcilingSessionStore(sessions, { directory, events: sessionEvents, logger }),
    scim:
      scimClients.size === 0
        ? undefined
        : {
            baseUrl: `${gateway.url}/.sallyport/scim/v2`,
            clients: scimClients,
            store,
            reconciler,
            events,
            logger,
            now,
            randomId,
          },
    start() {
      if (identity.directory.sources.length === 0) return;
      reconciler.start();
      for (const sync of syncs.values()) sync.start();
    },
    async close() {
      closing.abort();
      for (const file of parts.files.values()) file.close();
      await Promise.all([reconciler.close(), ...[...syncs.values()].map((sync) => sync.close())]);
    },
  };
}
