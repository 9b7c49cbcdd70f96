import { describe, expect, it } from '@jest/globals';
import { sampleAuditRecord } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';
import { createLogger } from '@sallyport/kit';
import { createIngest } from './create-ingest.ts';
import type { Statement } from './database/sql-database.ts';
import { UnstorableError } from './events/event-store.ts';
import { createStores } from './stores/open-stores.ts';

function setUp(refuse: (record: AuditRecord) => boolean) {
  const stored: string[] = [];
  const lines: string[] = [];
  const logger = createLogger({ service: 'audit', destination: { write: (line: string) => void lines.push(line) } });
  const store = {
    add: async (records: readonly AuditRecord[]) => {
      if (records.some(refuse)) throw new UnstorableError('value too long');
      stored.push(...records.map((record) => record.id));
    },
  };
  return { stored, lines, store, logger };
}

describe('ingesting events', () => {
  it('skips only the events that the store cannot store', async () => {
    const records = Array.from({ length: 11 }, () => sampleAuditRecord());
    const bad = new Set([records[0], records[6], records[7]]);
    const { stored, lines, store, logger } = setUp((record) => bad.has(record));
    let unstorable = 0;
    await createIngest({ store, logger, onUnstorable: (count) => void (unstorable += count) })(records);
    expect(stored).toEqual(records.filter((record) => !bad.has(record)).map((record) => record.id));
    expect(unstorable).toBe(3);
    expect(lines.filter((line) => line.includes(records[6]!.id))).toHaveLength(1);
  });

  it('stores the neighbors of an event of which no row can be made', async () => {
    const { logger, lines } = setUp(() => false);
    const written: string[] = [];
    const database = {
      query: async () => [],
      transaction: async (statements: readonly Statement[]) => {
        written.push(JSON.stringify(statements));
        return statements.map(() => []);
      },
      close: async () => undefined,
    };
    const stores = createStores(database);
    const records = Array.from({ length: 5 }, () => sampleAuditRecord());
    // Deeper than JSON.stringify can follow, and a member of another type than the schema allows.
    let deep: unknown = [];
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    Object.assign(records[1]!.data, { added: deep });
    Object.assign(records[3]!.data, { user: null });
    let unstorable = 0;
    await createIngest({ store: stores.events, logger, onUnstorable: (count) => void (unstorable += count) })(records);
    for (const [at, { id }] of records.entries())
      expect([at, written.some((text) => text.includes(id))]).toEqual([at, at % 2 === 0]);
    expect(unstorable).toBe(2);
    for (const at of [1, 3]) expect(lines.filter((line) => line.includes(records[at]!.id))).toHaveLength(1);
    await stores.close();
  });

  it('rejects when the store is unavailable, so that the events are delivered again', async () => {
    const { logger } = setUp(() => false);
    const store = { add: () => Promise.reject(new Error('down')) };
    await expect(createIngest({ store, logger })([sampleAuditRecord()])).rejects.toThrow('down');
  });
});
