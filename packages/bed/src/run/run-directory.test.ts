import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { nodeNames, podNetwork } from '../node/node-names.ts';
import { runDirectory } from './run-directory.ts';

let parent: string;
beforeEach(() => {
  parent = mkdtempSync(path.join(os.tmpdir(), 'bed-runs-'));
});
afterEach(() => rmSync(parent, { recursive: true }));

describe('the directory of a run', () => {
  it('is new each time and not readable by others', () => {
    const base = path.join(parent, 'runs');
    const [one, two] = [runDirectory(base), runDirectory(base)];
    expect(one.id).not.toBe(two.id);
    expect(statSync(one.directory).mode & 0o666).toBe(0o600);
    expect(statSync(path.join(one.directory, 'owner.json')).mode & 0o077).toBe(0);
  });

  it('is not created through a link or in place of an existing file', () => {
    symlinkSync(os.tmpdir(), path.join(parent, 'link'));
    writeFileSync(path.join(parent, 'file'), '');
    expect(() => runDirectory(path.join(parent, 'link'))).toThrow('is not a directory');
    expect(() => runDirectory(path.join(parent, 'file'))).toThrow();
  });
});

describe('the names of a run', () => {
  it('fit the limits of the kernel', () => {
    const names = nodeNames({ id: 'abcdef', directory: '/tmp/x/abcdef' });
    // IFNAMSIZ is 16, including the terminating byte.
    expect(names.bridge.length).toBeLessThanOrEqual(15);
    expect(names.cgroup).toContain('abcdef');
  });

  it('give a different private network for each attempt', () => {
    expect(podNetwork('abcdef')).toMatch(/^10\.(19[2-9]|2[0-4]\d|25[01])\.\d{1,3}$/);
    expect(podNetwork('abcdef')).toBe(podNetwork('abcdef'));
    expect(podNetwork('abcdef', 1)).not.toBe(podNetwork('abcdef', 0));
  });
});
