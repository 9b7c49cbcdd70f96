import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { recipeOf } from './catalogue.ts';
import { buildOf } from './builds.ts';
import { ensureComponents } from './ensure-components.ts';

let cacheDirectory: string;
const savedPath = process.env['PATH'];
beforeEach(() => {
  cacheDirectory = mkdtempSync(path.join(os.tmpdir(), 'bed-cache-'));
});
afterEach(() => {
  process.env['PATH'] = savedPath;
  rmSync(cacheDirectory, { recursive: true });
});

describe('ensuring components', () => {
  it('uses the cache without building', async () => {
    const recipe = recipeOf('etcd');
    if (recipe.kind !== 'go') throw new Error('etcd is built with Go');
    const { entry, file } = buildOf('etcd', recipe, {});
    mkdirSync(path.join(cacheDirectory, entry));
    writeFileSync(path.join(cacheDirectory, entry, file), '');
    const lines: string[] = [];
    const found = await ensureComponents(['etcd'], { cacheDirectory, onProgress: (line) => lines.push(line) });
    expect(found).toEqual({ paths: { etcd: path.join(cacheDirectory, entry, file) }, missing: [] });
    expect(lines).toEqual([]);
  });

  it('reports what is missing, why, and what would help if Go is not installed', async () => {
    process.env['PATH'] = cacheDirectory;
    const found = await ensureComponents(['etcd'], { cacheDirectory });
    expect(found.paths).toEqual({});
    expect(found.missing).toEqual([
      { missing: 'etcd', why: 'Go is not installed', hint: expect.stringContaining('Install Go') },
    ]);
  });
});
