import { describeAuditStore } from '../testing/audit-store.conformance.ts';
import { createSqlAuditStore } from './create-sql-audit-store.ts';
import { createPgliteDatabase } from './pglite-database.ts';

describeAuditStore('embedded', async () => {
  const database = createPgliteDatabase({});
  const store = createSqlAuditStore(database);
  return {
    store,
    replica: () => createSqlAuditStore({ ...database, close: async () => undefined }),
    run: async (sql, values) => void (await database.query({ sql, values })),
    close: () => store.close(),
  };
});
