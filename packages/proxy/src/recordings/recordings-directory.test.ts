import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { configSchema } from '@sallyport/contracts';
import type { LoadedConfig } from '@sallyport/kit';
import { checkRecordings, recordingsDirectory } from './recordings-directory.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'recordings-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

function load(recordings: object, audit: object = {}): LoadedConfig {
  const config = configSchema.parse({
    gateway: { url: 'http://127.0.0.1' },
    data: path.join(dir, 'data'),
    clusters: [],
    recordings,
    audit,
  });
  return { config, resolvePath: (file: string) => file, place: () => ({}) } as unknown as LoadedConfig;
}

describe('recordings that are not in their store yet', () => {
  it('are where the configuration says, or beside the spool, or with the data of a single process', () => {
    expect(recordingsDirectory(load({ disk: { dir: '/x' } }))).toBe('/x');
    expect(recordingsDirectory(load({}, { spool: { dir: '/spool' } }))).toBe('/spool/unstored-recordings');
    expect(recordingsDirectory(load({}))).toBe(path.join(dir, 'data/unstored-recordings'));
  });

  it('need a directory that can be written, other than that of the store', () => {
    const store = { dir: path.join(dir, 'store') };
    writeFileSync(path.join(dir, 'file'), '');
    expect(checkRecordings(load({ store }))).toEqual([]);
    expect(checkRecordings(load({ disk: { dir: '/proc/none' } }))).toEqual([]);
    expect(checkRecordings(load({ store, disk: { dir: path.join(dir, 'file') } }))).toMatchObject([
      { path: 'recordings.disk.dir', message: 'cannot be created' },
    ]);
    expect(checkRecordings(load({ store, disk: { dir: `${store.dir}/` } }))).toMatchObject([
      { path: 'recordings.store.dir' },
    ]);
  });
});
