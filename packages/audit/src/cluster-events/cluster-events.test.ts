import { describe, expect, it } from '@jest/globals';
import type { Statement } from '../database/sql-database.ts';
import { makeClusterEvent } from '../testing/cluster-events.conformance.ts';
import { createClusterEventStore } from './cluster-events.ts';

describe("the store of a cluster's events", () => {
  it.each([
    ['stays known after an event that the database cannot hold', '22008', 1],
    ['is opened again after any other error, because retention may have dropped it', '23514', 2],
    ['is opened again after an outage', undefined, 2],
  ])('opens the partition of a day once: it %s', async (_what, code, expected) => {
    let opened = 0;
    const database = {
      query: async () => [],
      async transaction(statements: readonly Statement[]) {
        if (statements.some(({ sql }) => sql.includes('audit_open_part'))) opened += 1;
        else throw Object.assign(new Error('refused'), { code });
        return [];
      },
      using: <T>(work: () => Promise<T>) => work(),
      close: async () => undefined,
    };
    const store = createClusterEventStore(database);
    const event = makeClusterEvent('a', Date.UTC(2026, 10, 27));
    for (let time = 0; time < 2; time += 1)
      await expect(store.add('dev', [{ event, keep: true }])).rejects.toThrow('refused');
    expect(opened).toBe(expected);
  });
});
