import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { tarOf, type TarEntry } from '../testing/fake-release.ts';
import { unpack } from './unpack.ts';

let directory: string;
let place: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sallyport-unpack-'));
  place = path.join(directory, 'place');
  mkdirSync(place);
});
afterEach(() => rmSync(directory, { recursive: true }));

const good: TarEntry = { path: 'top/bin/program', content: 'good', mode: 0o755 };
const link = (name: string, linkpath: string): TarEntry => ({ path: name, type: 'SymbolicLink', linkpath });

describe('an archive', () => {
  it('is unpacked with its links and modes, readable by all whatever the umask is', async () => {
    const before = process.umask(0o077);
    try {
      await unpack(
        tarOf([
          link('top/bin', 'current/bin'),
          link('top/current', 'versions/1'),
          link('top/share', 'current/share'),
          { ...good, path: 'top/versions/1/bin/program' },
        ]),
        place,
        'top',
      );
    } finally {
      process.umask(before);
    }
    expect(readlinkSync(path.join(place, 'top', 'bin'))).toBe('current/bin');
    expect(readFileSync(path.join(place, 'top', 'bin', 'program'), 'utf8')).toBe('good');
    const mode = (...names: string[]) => statSync(path.join(place, 'top', ...names)).mode & 0o777;
    expect([mode(), mode('versions', '1'), mode('bin', 'program')]).toEqual([0o755, 0o755, 0o755]);
  });

  it.each<[string, TarEntry[]]>([
    ['an absolute path', [{ path: '/top/x', content: 'evil' }]],
    ['a path above it', [{ path: 'top/../../evil', content: 'evil' }]],
    ['a path with a dot', [{ path: 'top/./evil', content: 'evil' }]],
    ['a path beside its directory', [{ path: 'evil', content: 'evil' }]],
    ['a backslash', [{ path: 'top/..\\evil', content: 'evil' }]],
    ['an absolute link', [link('top/evil', '/etc')]],
    ['a link that leads out', [link('top/a/evil', '../../evil')]],
    ['a link to its parent', [link('top/evil', '..')]],
    ['a file behind a link', [link('top/a', 'bin'), { path: 'top/a/evil', content: 'evil' }]],
    [
      'a file in the place of which a link comes later',
      [{ path: 'top/a/evil', content: 'evil' }, link('top/a', 'bin')],
    ],
    ['a file that takes the place of a link', [link('top/a', 'bin'), { path: 'top/a', content: 'evil' }]],
    ['a file twice', [good, { ...good, content: 'evil' }]],
    ['a hard link', [{ path: 'top/evil', type: 'Link', linkpath: 'top/bin/program' }]],
    ['a hard link out', [{ path: 'top/evil', type: 'Link', linkpath: '/etc/passwd' }]],
    ['a device', [{ path: 'top/evil', type: 'CharacterDevice' }]],
    ['a named pipe', [{ path: 'top/evil', type: 'FIFO' }]],
  ])('with %s is refused before anything is written', async (_what, entries) => {
    await expect(unpack(tarOf([good, ...entries]), place, 'top')).rejects.toThrow('the archive has ');
    expect(readdirSync(place)).toEqual([]);
    expect(readdirSync(directory)).toEqual(['place']);
  });

  it.each<[string, Buffer]>([
    ['is none', Buffer.from('text')],
    ['is damaged', gzipSync(Buffer.alloc(2048, 'x'))],
    ['unpacks to half a gigabyte', gzipSync(Buffer.alloc(513 * 1024 * 1024), { level: 1 })],
  ])('that %s is refused', async (_what, bytes) => {
    await expect(unpack(bytes, place, 'top')).rejects.toThrow();
    expect(readdirSync(place)).toEqual([]);
    expect(lstatSync(place).isDirectory()).toBe(true);
  });
});
