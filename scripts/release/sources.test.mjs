import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readSources } from './sources.mjs';

const seconds = 1_700_000_000;
let root;
const git = (...args) =>
  execFileSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    env: {
      ...process.env,
      ...Object.fromEntries(
        ['AUTHOR', 'COMMITTER'].flatMap((who) => [
          [`GIT_${who}_NAME`, 'x'],
          [`GIT_${who}_EMAIL`, 'x@example.com'],
          [`GIT_${who}_DATE`, `${seconds} +0000`],
        ]),
      ),
    },
  }).trim();

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'sallyport-sources-'));
  git('init', '--quiet');
  writeFileSync(path.join(root, '.gitignore'), 'dist/\n');
  writeFileSync(path.join(root, 'a.txt'), 'a');
  git('add', '.');
  git('commit', '--quiet', '--message', 'x');
});
afterEach(() => rmSync(root, { recursive: true }));

describe('the sources of a release', () => {
  it('are those of a commit, with its time or a given one', async () => {
    mkdirSync(path.join(root, 'dist'));
    writeFileSync(path.join(root, 'dist', 'ignored'), '');
    const commit = git('rev-parse', 'HEAD');
    expect(await readSources(root, {})).toEqual({ commit, seconds });
    expect(await readSources(root, { SOURCE_DATE_EPOCH: '1234567890' })).toEqual({ commit, seconds: 1_234_567_890 });
  });

  it.each([
    ['changed', 'a.txt'],
    ['new', 'b.txt'],
  ])('are not those of a commit if a file is %s', async (_what, name) => {
    writeFileSync(path.join(root, name), 'other');
    expect(await readSources(root, {})).toEqual({ problem: `files differ from the commit, such as ${name}`, seconds });
  });

  it('have no commit of their own in a directory of another repository, or without one', async () => {
    mkdirSync(path.join(root, 'inside'));
    const inside = path.join(root, 'inside');
    expect(await readSources(inside, {})).toEqual({ problem: 'the sources are not a Git repository' });
    rmSync(path.join(root, '.git'), { recursive: true });
    expect(await readSources(root, { SOURCE_DATE_EPOCH: '1234567890' })).toEqual({
      problem: expect.stringContaining('Git does not know the sources (fatal: not a git repository'),
      seconds: 1_234_567_890,
    });
  });
});
