import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, expect } from '@jest/globals';
import { createLogger } from '@sallyport/kit';
import { openState, type State } from '../embedded/open-state.ts';
import type { Tables } from '../embedded/tables.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

type Opened = { directory: string; state: State; maps: Map<string, Map<string, unknown>> };

/** What the disk has, as it is read at the start. */
function readState(directory: string): Record<string, [string, unknown][]> {
  const database = new DatabaseSync(path.join(directory, 'state.db'), { readOnly: true });
  const rows = database.prepare('SELECT "table", key, value FROM entries ORDER BY place').all() as {
    table: string;
    key: string;
    value: string;
  }[];
  database.close();
  const tables: Record<string, [string, unknown][]> = {};
  for (const { table, key, value } of rows) (tables[table] ??= []).push([key, JSON.parse(value)]);
  return tables;
}

/**
 * Opens tables for the tests of a file, each time in a directory of its own. After each test, what is in memory must be
 * what the next process would find on the disk.
 */
export function stateForTests(): () => Promise<Tables> {
  const root = mkdtempSync(path.join(tmpdir(), 'sallyport-state-'));
  const opened: Opened[] = [];
  afterAll(() => rmSync(root, { recursive: true }));
  afterEach(async () => {
    for (const { directory, state, maps } of opened.splice(0)) {
      await state.close();
      const inMemory = [...maps].filter(([, map]) => map.size > 0).map(([name, map]) => [name, [...map]]);
      expect(readState(directory)).toEqual(JSON.parse(JSON.stringify(Object.fromEntries(inMemory))));
    }
  });
  return async () => {
    const directory = mkdtempSync(path.join(root, 'data-'));
    const state = await openState(directory, { logger });
    const maps = new Map<string, Map<string, unknown>>();
    opened.push({ directory, state, maps });
    return {
      ...state.tables,
      map<Value>(name: string) {
        const made = state.tables.map<Value>(name);
        maps.set(name, made);
        return made;
      },
    };
  };
}
