import { hash } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { AuditSink } from '@sallyport/audit-log';
import type { Config, SourceConfig } from '@sallyport/contracts';
import type { Logger, Metrics, OutboundFetch } from '@sallyport/kit';
import type { SessionStore, SingleUseStore } from '@sallyport/stores';
import { createDirectoryEvents } from './events/directory-events.ts';
import { createDirectory, type Directory } from './groups/create-directory.ts';
import { openPeopleFiles, type WatchedPeopleFile } from './map/people-file.ts';
import { createReconcilingSessionStore } from './reconcile/create-reconciling-session-store.ts';
import { createSessionReconciler, type SessionReconciler } from './reconcile/create-session-reconciler.ts';
import type { SessionEvents } from './reconcile/write-identity.ts';
import type { ScimClient, ScimDeps } from './scim/routes/require-client.ts';
import { groupsInMap } from './sources/map-source.ts';
import { openSources } from './sources/open-sources.ts';
import type { DirectoryStore } from './store/directory-store.ts';
import type { SourceSync } from './sync/create-source-sync.ts';
import { openSyncs } from './sync/open-syncs.ts';

type OpenDirectoryDeps = {
  config: Pick<Config, 'identity' | 'gateway'>;
  resolvePath(file: string): string;
  store: DirectoryStore;
  /** The undecorated session store. */
  sessions: SessionStore;
  singleUse: SingleUseStore;
  /** By the hashes of their tokens. */
  scimClients: ReadonlyMap<string, ScimClient>;
  /** Returns the fetch for a source that is queried over the network. */
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

export type OpenedDirectory = {
  directory: Directory;
  /** The session store that keeps new and refreshed sessions in line with the directory. */
  sessions: SessionStore;
  /** Undefined if no source is pushed by SCIM. */
  scim: ScimDeps | undefined;
  reconciler: SessionReconciler;
  syncs: ReadonlyMap<string, SourceSync>;
  start(): void;
  close(): Promise<void>;
};

/** Waits, but no longer than until the service stops. */
const sleepUntil = (signal: AbortSignal) => (ms: number) => wait(ms, undefined, { signal, ref: false }).catch(() => {});

/** Identifies this configuration of the directory: a changed one makes a replica reconcile all sessions. */
function fingerprintOf({ directory, providers }: Config['identity']): string {
  const settings = providers.map(({ id, groupSources, combineGroups, prefix }) => [
    id,
    groupSources,
    combineGroups,
    prefix,
  ]);
  return hash('sha256', JSON.stringify([directory, settings]), 'base64url');
}

/** Reconciles the sessions of the people whose groups a new version of a file changes. */
function reconcileOnChange(
  files: ReadonlyMap<string, WatchedPeopleFile>,
  { reconciler, logger }: { reconciler: SessionReconciler; logger: Logger },
): void {
  for (const [id, file] of files) {
    file.onChange((before, after) => {
      const toText = JSON.stringify;
      reconciler
        .reconcileAll(({ identity }) => toText(groupsInMap(before, identity)) !== toText(groupsInMap(after, identity)))
        .catch((error: unknown) =>
          logger.warn(
            { err: error, source: id },
            'cannot reconcile sessions with the new file of people and groups; will retry',
          ),
        );
    });
  }
}

/** Composes the directory: the sources of groups, their syncs, the SCIM service and the reconciliation of sessions. */
export function openDirectory(deps: OpenDirectoryDeps): OpenedDirectory {
  const { config, store, sessions, singleUse, scimClients, logger, now, metrics, random, randomId } = deps;
  const { identity, gateway } = config;
  const { sources } = identity.directory;
  const closing = new AbortController();
  const sleep = deps.sleep ?? sleepUntil(closing.signal);
  const events = createDirectoryEvents(deps);
  const files = openPeopleFiles(sources, deps);
  const directory = createDirectory({ providers: openSources(identity, { ...deps, files, sleep }), store });
  const reconciler = createSessionReconciler({
    directory,
    sourceIds: sources.filter(({ kind }) => kind !== 'map').map(({ id }) => id),
    store,
    sessions,
    singleUse,
    events: deps.sessionEvents,
    logger,
    metrics,
    random,
    fingerprint: fingerprintOf(identity),
  });
  const syncs = openSyncs(sources, { ...deps, events, reconciler, sleep, closed: () => closing.signal.aborted });
  reconcileOnChange(files, { reconciler, logger });
  const baseUrl = `${gateway.url}/.sallyport/scim/v2`;
  return {
    directory,
    reconciler,
    syncs,
    sessions: createReconcilingSessionStore(sessions, { directory, events: deps.sessionEvents, logger }),
    scim:
      scimClients.size === 0
        ? undefined
        : {
            baseUrl,
            clients: scimClients,
            store,
            reconciler,
            confirm: sessions.confirm,
            events,
            logger,
            now,
            randomId,
          },
    start() {
      if (sources.length === 0) return;
      reconciler.start();
      for (const sync of syncs.values()) sync.start();
    },
    async close() {
      closing.abort();
      for (const file of files.values()) file.close();
      await Promise.all([reconciler.close(), ...[...syncs.values()].map((sync) => sync.close())]);
    },
  };
}
