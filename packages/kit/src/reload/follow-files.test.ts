import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fileIdentity } from '../config/read-text-file.ts';
import { eventually } from '../testing/eventually.ts';
import { createFileFollower, type FileFollower } from './follow-files.ts';

let directory: string;
let follower: FileFollower;
let changes: number;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-follow-'));
  changes = 0;
});
afterEach(() => {
  follower.close();
  rmSync(directory, { recursive: true });
});
const at = (name: string) => path.join(directory, name);
const sleep = (ms: number) =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
const noticed = async (count: number) => {
  await eventually(`change ${count}`, () => changes >= count);
  expect(changes).toBe(count);
};
async function follow(...files: string[]) {
  follower = createFileFollower({
    onChange: () => {
      changes += 1;
    },
    everyMs: 50,
    quietMs: 20,
  });
  follower.follow(
    new Map(await Promise.all(files.map(async (file) => [at(file), await fileIdentity(at(file))] as const))),
  );
}

describe('a followed file', () => {
  it('is noticed when it is written, replaced, removed or restored, and not while unchanged', async () => {
    writeFileSync(at('a'), 'one');
    await follow('a');
    await sleep(200);
    expect(changes).toBe(0);
    writeFileSync(at('a'), 'two');
    await noticed(1);
    writeFileSync(at('b'), 'new');
    renameSync(at('b'), at('a'));
    await noticed(2);
    unlinkSync(at('a'));
    await noticed(3);
    writeFileSync(at('a'), 'back');
    await noticed(4);
    await sleep(200);
    expect(changes).toBe(4);
  });

  it('is noticed when the volume of a ConfigMap swaps its link to a directory', async () => {
    for (const version of ['..v1', '..v2']) {
      mkdirSync(at(version));
      writeFileSync(at(`${version}/sallyport.yaml`), 'same size');
    }
    symlinkSync('..v1', at('..data'));
    symlinkSync('..data/sallyport.yaml', at('sallyport.yaml'));
    await follow('sallyport.yaml');
    symlinkSync('..v2', at('..data_tmp'));
    renameSync(at('..data_tmp'), at('..data'));
    await noticed(1);
  });

  it('is noticed if it changed between the read and the follow', async () => {
    follower = createFileFollower({
      onChange: () => {
        changes += 1;
      },
      everyMs: 50,
      quietMs: 20,
    });
    follower.follow(new Map([[at('a'), 'what it was when it was read']]));
    await noticed(1);
  });

  it('counts as written when no more writes arrive', async () => {
    writeFileSync(at('a'), '');
    await follow('a');
    const started = performance.now();
    for (let count = 0; count < 10; count += 1) {
      writeFileSync(at('a'), 'x'.repeat(count));
      await sleep(5);
    }
    await noticed(1);
    expect(performance.now() - started).toBeGreaterThan(20);
  });

  it('is noticed among several files, even if some are missing', async () => {
    writeFileSync(at('a'), 'a');
    await follow('missing/deep', 'a', 'c');
    writeFileSync(at('c'), 'now there');
    await noticed(1);
  });
});

describe('a file follower', () => {
  it('reports nothing after it was closed', async () => {
    writeFileSync(at('a'), 'one');
    await follow('a');
    follower.close();
    writeFileSync(at('a'), 'other');
    await sleep(200);
    expect(changes).toBe(0);
  });
});
