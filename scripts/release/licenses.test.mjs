import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { licensesOf } from './licenses.mjs';

let directory;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-licenses-'));
  writeFileSync(path.join(directory, 'package.json'), '{"name": "one", "version": "1.2.3"}');
});
afterEach(() => rmSync(directory, { recursive: true }));
const write = (name, text) => writeFileSync(path.join(directory, name), text);

describe('the licenses of packages', () => {
  it('are taken from the license file', () => {
    write('LICENSE.md', 'Copyright (c) Someone\n');
    write('README.md', '## License\nCopyright (c) Nobody Else\n');
    expect(licensesOf([directory])).toContain('one 1.2.3\n\nCopyright (c) Someone\n');
  });

  it('are taken from the readme if there is no file', () => {
    write('README.md', '# one\n\n## license\n\nCopyright (c) Someone\n\nPermission\n\n## More\n\nwords\n');
    expect(licensesOf([directory])).toMatch(/\n\nCopyright \(c\) Someone\n\nPermission\n$/);
    write('README.md', '# one\n\n## License\n\nCopyright (c) Someone\n\nThe end.');
    expect(licensesOf([directory])).toMatch(/\n\nCopyright \(c\) Someone\n\nThe end\.\n$/);
  });

  it('may be named in the heading of the readme, and may give up the copyright', () => {
    write('README.md', '# one\n\n## License (MIT)\n\nCopyright (c) Someone\n');
    expect(licensesOf([directory])).toMatch(/\n\nCopyright \(c\) Someone\n$/);
    write('UNLICENSE', 'This is free. See <https://unlicense.org>\n');
    expect(licensesOf([directory])).toMatch(/\n\nThis is free\. See <https:\/\/unlicense\.org>\n$/);
  });

  it('are those of a package beside it from the same repository', () => {
    const put = (name, manifest) => {
      mkdirSync(path.join(directory, name));
      write(path.join(name, 'package.json'), JSON.stringify({ name, version: '1.0.0', license: 'X', ...manifest }));
      return path.join(directory, name);
    };
    const repository = { url: 'https://example.com/a' };
    const one = put('a-one', { repository });
    put('b-other', { repository: { url: 'https://example.com/b' } });
    write('b-other/LICENSE', 'Copyright (c) Another');
    expect(() => licensesOf([one])).toThrow('the package a-one has no license text');
    put('c-two', { repository });
    write('c-two/LICENSE', 'Copyright (c) Someone');
    expect(licensesOf([one])).toContain('a-one 1.0.0\n\nCopyright (c) Someone\n');
  });

  it('must be there', () => {
    expect(() => licensesOf([directory])).toThrow('the package one has no license text');
    write('README.md', '## License\n\nMIT\n');
    expect(() => licensesOf([directory])).toThrow('the package one has no license text');
  });
});
