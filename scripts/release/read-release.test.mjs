import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readRelease } from './read-release.mjs';

const keys = { signingKey: {}, trusted: ['RWa'] };
let root;
const write = (name, text) => writeFileSync(path.join(root, name), text);
const commit = () => {
  for (const args of [
    ['add', '.'],
    ['-c', 'user.name=x', '-c', 'user.email=x@example.com', 'commit', '--quiet', '--message', 'x'],
  ])
    execFileSync('git', args, { cwd: root });
};
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'sallyport-read-'));
  execFileSync('git', ['init', '--quiet'], { cwd: root });
  mkdirSync(path.join(root, 'docs/operations'), { recursive: true });
  write('package.json', '{ "version": "1.2.3", "repository": "https://example.com/x" }');
  write('CHANGELOG.md', '## 1.2.3, 2026-12-02\n\n- One.\n');
  write('docs/operations/upgrade.md', '### Unreleased\n\nNothing.\n\n### 1.2.3\n\nNothing.\n');
  commit();
});
afterEach(() => rmSync(root, { recursive: true }));
const read = (more) => readRelease({ root, keys, unattested: false, ...more });

describe('what is signed', () => {
  it('is a release: a commit, whose changes have a date', async () => {
    expect(await read()).toMatchObject({
      version: '1.2.3',
      repository: 'https://example.com/x',
      commit: expect.stringMatching(/^[0-9a-f]{40}$/),
      notes: expect.stringContaining('- One.'),
    });
  });

  it.each([
    ['files that are not committed', 'other.txt', '', () => {}, 'files differ from the commit, such as other.txt'],
    [
      'changes without a date',
      'CHANGELOG.md',
      '## Unreleased\n\n- Two.\n\n## 1.2.3, 2026-12-02\n\n- One.\n',
      commit,
      'CHANGELOG.md has changes that are Unreleased',
    ],
  ])('is not something with %s, unless that is wanted', async (_what, name, text, settle, why) => {
    write(name, text);
    settle();
    await expect(read()).rejects.toThrow(`this is not a release to sign: ${why}\n  Commit the version`);
    expect(await read({ unattested: true })).toMatchObject({ version: '1.2.3' });
    expect(await read({ keys: { trusted: [] } })).toMatchObject({ version: '1.2.3' });
  });

  it('is never something without notes', async () => {
    write('CHANGELOG.md', '# Changelog\n');
    for (const unattested of [false, true])
      await expect(read({ unattested })).rejects.toThrow('CHANGELOG.md has no section "1.2.3"');
  });
});
