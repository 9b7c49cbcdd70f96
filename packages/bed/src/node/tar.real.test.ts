import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeTar } from './tar.ts';

/** Returns the files of an archive and their contents, by the rules of ustar. */
function readFiles(archive: Buffer): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  const field = (at: number, offset: number, length: number): string =>
    archive
      .subarray(at + offset, at + offset + length)
      .toString('utf8')
      .replace(/\0[^]*$/, '');
  for (let at = 0; archive[at] !== 0;) {
    const size = Number.parseInt(field(at, 124, 12), 8);
    const block = Buffer.from(archive.subarray(at, at + 512));
    const written = Number.parseInt(field(at, 148, 8), 8);
    block.fill(' ', 148, 156);
    expect(written).toBe(block.reduce((total, byte) => total + byte, 0));
    files.set(field(at, 0, 100), archive.subarray(at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

describe('writing a tar archive', () => {
  it('keeps every file byte for byte', () => {
    const name = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '.', '/', '-'), minLength: 1, maxLength: 100 });
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 1100 })), {
          selector: ([path]) => path,
          maxLength: 5,
        }),
        (files) => {
          const archive = writeTar(files.map(([path, data]) => ({ path, kind: 'file', data: Buffer.from(data) })));
          expect(archive.length % 512).toBe(0);
          const read = readFiles(archive);
          expect([...read.keys()]).toEqual(files.map(([path]) => path));
          for (const [path, data] of files) expect(read.get(path)!.equals(Buffer.from(data))).toBe(true);
        },
      ),
    );
  });

  it('can be read by tar, with links, directories and modes', () => {
    const archive = writeTar([
      { path: 'bin/', kind: 'directory' },
      { path: 'bin/sh', kind: 'link', target: 'busybox' },
      { path: 'bin/busybox', kind: 'file', data: Buffer.from('x'), mode: 0o755 },
    ]);
    const listed = execFileSync('tar', ['-tvf', '-'], { input: archive, encoding: 'utf8' }).trim().split('\n');
    expect(listed.map((line) => line.slice(0, 10))).toEqual(['drwxr-xr-x', 'lrwxrwxrwx', '-rwxr-xr-x']);
    expect(listed[1]).toContain('bin/sh -> busybox');
  });

  it('refuses a name that is too long', () => {
    expect(() => writeTar([{ path: 'a'.repeat(101), kind: 'directory' }])).toThrow('too long');
  });
});
