import type { AuditConfig } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import { createClusterEventStore, type ClusterEventStore } from '../cluster-events/cluster-events.ts';
import { createPgliteDatabase } from '../database/pglite-database.ts';
import { createPostgresDatabase } from '../database/postgres-database.ts';
import type { SqlDatabase } from '../database/sql-database.ts';
import { createSqlEventStore } from '../events/create-sql-event-store.ts';
import type { EventStore } from '../events/event-store.ts';
import { createStoreDatabase } from '../events/store-database.ts';
import { createSqlJoinStore } from '../live-join/create-sql-join-store.ts';
import type { JoinStore } from '../live-join/join-store.ts';
import { createSqlProofStore } from '../proof/create-sql-proof-store.ts';
import type { ProofStore } from '../proof/proof-store.ts';
import { createRecordingStore, type RecordingStore } from '../recordings/recording-store.ts';
import { createReportStore, type ReportStore } from '../report/report-store.ts';

/**
 * What the audit service stores, in one database. While it is down, every method but `close` rejects with
 * `service-unavailable`.
 */
export type AuditStores = {
  events: EventStore;
  /** What was counted of the events. */
  reports: ReportStore;
  /** What the events say about recordings. */
  recordings: RecordingStore;
  /** How far the trail is complete. */
  proof: ProofStore;
  /** The clusters' own audit events. */
  clusterEvents: ClusterEventStore;
  /** How far they are compared with the trail. */
  join: JoinStore;
  /** Resolves if the database can be used. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

export type AuditStoresDeps = {
  logger: Logger;
  resolvePath(file: string): string;
  /** Is told of events that have the ids of others. */
  onConflicts?(count: number): void;
};

/**
 * Creates the stores in the database that `audit.store` selects: PostgreSQL, or the embedded one in a directory or in
 * memory.
 */
export function openStores(store: AuditConfig['store'], deps: AuditStoresDeps): AuditStores {
  const { logger, resolvePath, onConflicts } = deps;
  if (store && 'postgres' in store)
    return createStores(createPostgresDatabase({ url: store.postgres, logger }), logger, onConflicts);
  const embedded = createPgliteDatabase(store ? { directory: resolvePath(store.embedded) } : {});
  return createStores(embedded, logger, onConflicts);
}

/** Creates the stores in a database with PostgreSQL's dialect, which does not have to be up yet. */
export function createStores(
  sql: SqlDatabase,
  logger?: Logger,
  onConflicts?: AuditStoresDeps['onConflicts'],
): AuditStores {
  const database = createStoreDatabase(sql, logger);
  return {
    events: createSqlEventStore(database, logger, onConflicts),
    reports: createReportStore(database),
    recordings: createRecordingStore(database),
    proof: createSqlProofStore(database),
    clusterEvents: createClusterEventStore(database),
    join: createSqlJoinStore(database),
    ping: () => database.using(async () => void (await database.query({ sql: 'select 1' }))),
    close: () => database.close(),
  };
}
