import { mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { afterAll, describe, expect, it } from '@jest/globals';
import { hasDatabase } from './database-directory.ts';
import { createPgliteDatabase } from './pglite-database.ts';
import { startParams, SyncedFiles } from './pglite-files.ts';

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

  it('is created again if its creation was interrupted', async () => {
    const directory = path.join(root, 'interrupted');
    mkdirSync(path.join(directory, 'unfinished/base'), { recursive: true });
    writeFileSync(path.join(directory, 'unfinished/PG_VERSION'), '');
    mkdirSync(path.join(directory, 'base'));
    writeFileSync(path.join(directory, 'base/1'), '');
    writeFileSync(path.join(directory, 'of-others'), '');
    expect(hasDatabase(directory)).toBe(false);
    const database = createPgliteDatabase({ directory });
    expect(await database.query({ sql: 'select 1 as one', values: [] })).toEqual([{ one: 1 }]);
    await database.close();
    expect(hasDatabase(directory)).toBe(true);
    expect(readdirSync(directory)).toContain('of-others');
    expect(readdirSync(directory)).not.toContain('unfinished');
  });

  it('has a commit on the disk before it is acknowledged', async () => {
    const synced = new Set<string>();
    const sync = (descriptor: number) => void synced.add(readlinkSync(`/proc/self/fd/${descriptor}`));
    const directory = path.join(root, 'synced');
    mkdirSync(directory);
    const database = await PGlite.create({ fs: new SyncedFiles(directory, sync), startParams });
    await database.exec('create table one (a integer)');
    synced.clear();
    await database.exec('insert into one values (1)');
    expect([...synced].filter((file) => file.startsWith(path.join(directory, 'pg_wal/')))).toHaveLength(1);
    await database.close();
  });

  it('refuses queries if its directory is a file', async () => {
    const directory = path.join(root, 'file');
    writeFileSync(directory, '');
    const database = createPgliteDatabase({ directory });
    await expect(database.query({ sql: 'select 1', values: [] })).rejects.toThrow('ENOTDIR');
    await database.close();
  });
});
