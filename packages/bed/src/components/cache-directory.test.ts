import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { buildInto, cacheLockName, removeUnfinished } from './cache-directory.ts';

let cache: string;
beforeEach(() => {
  cache = mkdtempSync(path.join(os.tmpdir(), 'bed-cache-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

const write = (directory: string): void => writeFileSync(path.join(directory, 'program'), 'x');

describe('the cache of built components', () => {
  it('builds an entry once', async () => {
    let builds = 0;
    const build = async (directory: string): Promise<void> => {
      builds += 1;
      write(directory);
    };
    const first = await buildInto(cache, 'etcd-1', build);
    expect(await buildInto(cache, 'etcd-1', build)).toBe(first);
    expect(builds).toBe(1);
    expect(existsSync(path.join(first, 'program'))).toBe(true);
  });

  it('contains nothing of an unfinished build and keeps nothing of a failed one', async () => {
    const failing = buildInto(cache, 'etcd-1', async (directory) => {
      write(directory);
      expect(existsSync(path.join(cache, 'etcd-1'))).toBe(false);
      throw new Error('no disk');
    });
    await expect(failing).rejects.toThrow('no disk');
    expect(readdirSync(cache)).toEqual([]);
  });

  it('loses unfinished builds and keeps finished ones in a sweep', async () => {
    await buildInto(cache, 'etcd-1', async (directory) => write(directory));
    mkdirSync(path.join(cache, '.building-kafka-4-123'));
    removeUnfinished(cache);
    expect(readdirSync(cache)).toEqual(['etcd-1']);
  });

  it('has a separate lock for each directory', () => {
    expect(cacheLockName('/a')).toBe(cacheLockName('/a/'));
    expect(cacheLockName('/a')).not.toBe(cacheLockName('/b'));
  });
});
