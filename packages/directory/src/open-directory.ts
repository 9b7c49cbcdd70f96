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
import { followSessions } from './sessions/follow-sessions.ts';
import { followPeopleFile, type PeopleFile } from './map/people-file.ts';
import { createPuller, type Puller } from './pull/create-puller.ts';
import { createPullMetrics } from './pull/pull-metrics.ts';
import { createReadGithub } from './pull/read-github.ts';
import { createReadGoogle, googleTokenForm } from './pull/read-google.ts';
import { createReadOkta } from './pull/read-okta.ts';
import type { ReadSource } from './pull/reading.ts';
import type { PulledSource } from './pull/take-reading.ts';
import type { ScimClient, ScimDeps } from './scim/scim-deps.ts';
import { createSessionFollower, type SessionFollower } from './sessions/session-follower.ts';
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
  follower: SessionFollower;
  pullers: ReadonlyMap<string, Puller>;
  start(): void;
  close(): Promise<void>;
};

type Parts = OpenDirectoryDeps & {
  sleep(ms: number): Promise<void>;
  events: DirectoryEvents;
  files: Map<string, PeopleFile>;
  closed(): boolean;
};

/** Waits, but not for longer than the service runs. */
const pauseUntil = (signal: AbortSignal) => (ms: number) => wait(ms, undefined, { signal, ref: false }).catch(() => {});
const isPulled = (source: SourceConfig): source is PulledSource => 'interval' in source;

/** The API of a source, asked in the way that its kind wants. */
function openApi(parts: Parts, source: PulledSource): ApiClient {
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

function openReader(parts: Parts, source: PulledSource): ReadSource {
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
function openFiles({ config, resolvePath, logger, metrics }: OpenDirectoryDeps): Map<string, PeopleFile> {
  const maps = config.identity.directory.sources.filter(
    (source): source is SourceConfigOf<'map'> => source.kind === 'map',
  );
  return new Map(
    maps.map(({ id, file }) => [id, followPeopleFile(resolvePath(file), { source: id, logger, metrics })]),
  );
}

/** People whom a new file puts elsewhere. */
function followFiles({ files, logger }: Parts, follower: SessionFollower): void {
  for (const [id, file] of files) {
    file.onChange((before, after) => {
      const isOther = JSON.stringify;
      follower
        .settleAll(({ identity }) => isOther(groupsInMap(before, identity)) !== isOther(groupsInMap(after, identity)))
        .catch((error: unknown) =>
          logger.warn(
            { err: error, source: id },
            'sessions could not be compared with the file of people and groups at once; they will be',
          ),
        );
    });
  }
}

function openPullers(parts: Parts, follower: SessionFollower): Map<string, Puller> {
  const { store, singleUse, events, logger, now, random } = parts;
  const sources = parts.config.identity.directory.sources.filter(isPulled);
  const metrics = createPullMetrics({ metrics: parts.metrics, sources: sources.map(({ id }) => id), store });
  return new Map(
    sources.map((source) => [
      source.id,
      createPuller({
        source,
        read: openReader(parts, source),
        store,
        singleUse,
        events,
        follower,
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
  const follower = createSessionFollower({
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
  const pullers = openPullers(parts, follower);
  followFiles(parts, follower);
  return {
    directory,
    follower,
    pullers,
    sessions: followSessions(sessions, { directory, events: sessionEvents, logger }),
    scim:
      scimClients.size === 0
        ? undefined
        : {
            baseUrl: `${gateway.url}/.sallyport/scim/v2`,
            clients: scimClients,
            store,
            follower,
            events,
            logger,
            now,
            randomId,
          },
    start() {
      if (identity.directory.sources.length === 0) return;
      follower.start();
      for (const puller of pullers.values()) puller.start();
    },
    async close() {
      closing.abort();
      for (const file of parts.files.values()) file.close();
      await Promise.all([follower.close(), ...[...pullers.values()].map((puller) => puller.close())]);
    },
  };
}
