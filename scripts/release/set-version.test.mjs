import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dateChanges, filesWithVersion, isReleased, replaceVersion } from './set-version.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const read = (file) => readFileSync(path.join(root, file), 'utf8');
const { version } = JSON.parse(read('package.json'));
const linesOf = (text) => text.split('\n');

describe('the version of a release', () => {
  it.each(filesWithVersion)('is replaced in %s, and nothing else is', (file) => {
    const before = linesOf(read(file));
    const after = linesOf(replaceVersion(file, read(file), version, '9.8.7-rc.6'));
    const changed = after.flatMap((line, index) => (line === before[index] ? [] : [[before[index], line]]));
    expect(changed.length).toBeGreaterThan(0);
    for (const [one, other] of changed) expect(other.replaceAll('9.8.7-rc.6', version)).toBe(one);
    expect(after.length).toBe(before.length);
  });

  it('is not that of something else', () => {
    const text = 'version: 1.2.3\nimage: sallyport:1.2.3-dev\nother: 1.2.3\nversion: 1.2.30\n';
    expect(replaceVersion('a.yaml', text, '1.2.3', '2.0.0')).toBe(
      'version: 2.0.0\nimage: sallyport:2.0.0-dev\nother: 1.2.3\nversion: 1.2.30\n',
    );
  });

  it('is missed where it is not found', () => {
    expect(() => replaceVersion('a.yaml', 'version: 1.2.3\n', '1.2.4', '2.0.0')).toThrow('a.yaml');
  });

  it('is in no other file', () => {
    const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0');
    const others = files
      .filter(
        (file) => /(?:\.(?:md|ya?ml|tpl|sh|service|toml)|Dockerfile)$/.test(file) && !filesWithVersion.includes(file),
      )
      .filter((file) => existsSync(path.join(root, file)));
    const has = (file) => {
      try {
        return replaceVersion(file, read(file), version, '9.8.7') !== '';
      } catch {
        return false;
      }
    };
    expect(others.length).toBeGreaterThan(100);
    expect(others.filter(has)).toEqual([]);
  });

  it('is the heading of what was not released yet', () => {
    const date = (page, text) => dateChanges(page, text, '1.2.3', '2026-11-30');
    expect(date('CHANGELOG.md', '# Changelog\n\n## Unreleased\n\n- One.\n')).toBe(
      '# Changelog\n\n## 1.2.3, 2026-11-30\n\n- One.\n',
    );
    expect(date('docs/operations/upgrade.md', '### Unreleased\n\nNothing.\n')).toBe('### 1.2.3\n\nNothing.\n');
    for (const page of ['CHANGELOG.md', 'docs/operations/upgrade.md'])
      expect(() => date(page, '# Page\n')).toThrow(`${page} has no section "Unreleased"`);
  });

  it('is set again where it is already, as for the first release', () => {
    for (const file of filesWithVersion) expect(replaceVersion(file, read(file), version, version)).toBe(read(file));
  });

  it('is released if it has a date, and is then not set again', () => {
    const changelog = '## Unreleased\n\n- Three.\n\n## 0.2.0, 2026-12-02\n\n- Two.\n\n## 0.1.0\n';
    expect(['0.1.0', '0.2.0', '0.2', '0.20.0'].filter((one) => isReleased(changelog, one))).toEqual(['0.2.0']);
  });
});
