import type { AuditConfig } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { AuditStore } from './audit-store.ts';
import { createPgliteDatabase } from './pglite-database.ts';
import { createPostgresDatabase } from './postgres-database.ts';
import { createSqlAuditStore } from './create-sql-audit-store.ts';

export type AuditStoreDeps = {
  logger: Logger;
  resolvePath(file: string): string;
  /** Is told of events that have the ids of others. */
  onConflicts?(count: number): void;
};

/** Creates the store that `audit.store` selects: PostgreSQL, or the embedded database in a directory or in memory. */
export function createAuditStore(store: AuditConfig['store'], deps: AuditStoreDeps): AuditStore {
  const { logger, onConflicts } = deps;
  if (store && 'postgres' in store)
    return createSqlAuditStore(createPostgresDatabase({ url: store.postgres, logger }), logger, onConflicts);
  const embedded = createPgliteDatabase(store ? { directory: deps.resolvePath(store.embedded) } : {});
  return createSqlAuditStore(embedded, logger, onConflicts);
}
