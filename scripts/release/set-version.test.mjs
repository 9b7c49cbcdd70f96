import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { dateChanges, filesWithVersion, replaceVersion } from './set-version.mjs';

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

  it('is the heading of what was not released yet', () => {
    expect(dateChanges('# Changelog\n\n## Unreleased\n\n- One.\n', '1.2.3', '2026-11-30')).toBe(
      '# Changelog\n\n## 1.2.3, 2026-11-30\n\n- One.\n',
    );
    expect(() => dateChanges('# Changelog\n', '1.2.3', '2026-11-30')).toThrow('Unreleased');
  });
});
