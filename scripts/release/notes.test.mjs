import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { releaseNotes } from './notes.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const upgrades = '# Upgrade\n\n## Notes\n\n### 0.2.0\n\nRename a.\n\n### 0.1.0\n\nNothing.\n';
const changelog = '# Changelog\n\n## 0.2.0, 2026-12-02\n\n### Added\n\n- Two.\n\n## 0.1.0, 2026-11-02\n\n- One.\n';
const keys = ['RWa', 'RWb'];
const notesOf = (more) =>
  releaseNotes({ changelog, upgrades, version: '0.2.0', repository: 'https://example.com/x', keys, ...more });

describe('the notes of a release', () => {
  it('are the section of the version, with links to what to do', () => {
    expect(notesOf()).toEqual({
      isReleased: true,
      notes: `# Sallyport 0.2.0

Released on 2026-12-02.
Signed with a key of these: \`RWa\`, \`RWb\`. Without \`SHA256SUMS.minisig\`, it is not signed.

- [What to do when you upgrade](https://example.com/x/blob/v0.2.0/docs/operations/upgrade.md#020)
- [How to verify what you download](https://example.com/x/blob/v0.2.0/docs/install.md#verify-a-release)

## Added

- Two.
`,
    });
    expect(notesOf({ version: '0.1.0' }).notes).toMatch(/#010\)\n[^]*\n\n- One\.\n$/);
  });

  it('are those of what is unreleased as long as there is such a section, and say so', () => {
    const newer = { changelog: changelog.replace('## 0.2.0', '## Unreleased\n\n- Three.\n\n## 0.2.0') };
    expect(() => notesOf(newer)).toThrow('docs/operations/upgrade.md has no section "Unreleased"');
    const { notes, isReleased } = notesOf({ ...newer, upgrades: `${upgrades}\n### Unreleased\n\nNothing.\n` });
    expect(isReleased).toBe(false);
    expect(notes).toMatch(
      /^# Sallyport 0\.2\.0\n\nNot a release: [^]*blob\/main\/[^]*#unreleased\)[^]*\n\n- Three\.\n$/,
    );
  });

  it('say plainly that no one has signed the release', () => {
    const [, , , line] = notesOf({ keys: [] }).notes.split('\n');
    expect(line).toBe('**Not signed.** Nothing proves who has built these files.');
  });

  it('fail without a section, with an empty or undated one, and without what to do', () => {
    expect(() => notesOf({ version: '0.3.0' })).toThrow('CHANGELOG.md has no section "0.3.0"');
    expect(() => notesOf({ version: '0.2' })).toThrow('CHANGELOG.md has no section "0.2"');
    expect(() => notesOf({ changelog: '## 0.2.0, 2026-12-02\n\n## 0.1.0\n\n- One.\n' })).toThrow(
      'CHANGELOG.md has nothing in its section "0.2.0"',
    );
    expect(() => notesOf({ changelog: '## 0.2.0\n\n- Two.\n' })).toThrow('does not date the section "0.2.0"');
    expect(() => notesOf({ upgrades: '### 0.2.0\n\n### 0.1.0\n' })).toThrow(
      'docs/operations/upgrade.md has nothing in its section "0.2.0"',
    );
  });

  it('can be made from the pages as they are', () => {
    const { version, repository } = JSON.parse(read('package.json'));
    const pages = { changelog: read('CHANGELOG.md'), upgrades: read('docs/operations/upgrade.md') };
    expect(releaseNotes({ ...pages, version, repository, keys }).notes).toContain(`# Sallyport ${version}\n`);
  });
});
