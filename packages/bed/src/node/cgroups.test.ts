import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { hierarchies } from './cgroups.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), 'bed-cgroup-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('the cgroup hierarchies of a machine', () => {
  it('are one for version 2', () => {
    writeFileSync(path.join(root, 'cgroup.controllers'), 'cpu memory');
    mkdirSync(path.join(root, 'system.slice'));
    expect(hierarchies(root)).toEqual([root]);
  });

  it('are one for each controller for version 1', () => {
    for (const name of ['cpu', 'memory']) {
      mkdirSync(path.join(root, name));
      writeFileSync(path.join(root, name, 'cgroup.procs'), '');
    }
    mkdirSync(path.join(root, 'empty'));
    expect(hierarchies(root)).toEqual([path.join(root, 'cpu'), path.join(root, 'memory')]);
  });

  it('are none if nothing is mounted', () => {
    expect(hierarchies(path.join(root, 'nowhere'))).toEqual([]);
  });
});
