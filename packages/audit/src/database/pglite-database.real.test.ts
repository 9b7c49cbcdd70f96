import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createPgliteDatabase } from './pglite-database.ts';

const root = mkdtempSync(path.join(tmpdir(), 'pglite-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('the embedded database', () => {
  it('keeps its files from other users of the machine', async () => {
    const directory = path.join(root, 'deep/store');
    const database = createPgliteDatabase({ directory });
    expect(await database.query({ sql: 'select 1 as one', values: [] })).toEqual([{ one: 1 }]);
    await database.close();
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const again = createPgliteDatabase({ directory });
    expect(await again.query({ sql: 'select 2 as two', values: [] })).toEqual([{ two: 2 }]);
    await again.close();
  });

  it('refuses queries if its directory is a file', async () => {
    const directory = path.join(root, 'file');
    writeFileSync(directory, '');
    const database = createPgliteDatabase({ directory });
    await expect(database.query({ sql: 'select 1', values: [] })).rejects.toThrow('EEXIST');
    await database.close();
  });
});
