import { createPgliteDatabase } from '../database/pglite-database.ts';
import { describeAuditStore } from '../testing/audit-store.conformance.ts';
import { createStores } from './open-stores.ts';

describeAuditStore('embedded', async () => {
  const database = createPgliteDatabase({});
  const stores = createStores(database);
  return {
    stores,
    replica: () => createStores({ ...database, close: async () => undefined }),
    run: async (sql, values) => void (await database.query({ sql, values })),
    close: () => stores.close(),
  };
});
