import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { stableBin, startsByName } from './program-on-path.ts';

const front = 'sallyport-exec-credential';
let root: string;
let own: string;
beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'sallyport-path-')));
  own = program(`lib/node_modules/sallyport/bin/${front}`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function program(name: string): string {
  const file = path.join(root, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, '');
  chmodSync(file, 0o755);
  return file;
}
const directory = (name: string) => {
  mkdirSync(path.join(root, name), { recursive: true });
  return path.join(root, name);
};

describe('the name of this program', () => {
  const onPath = (...directories: string[]) =>
    startsByName(front, own, { platform: 'linux', env: { PATH: directories.join(':') } });

  it('starts it if the PATH has its directory, or a link to it as npm makes', () => {
    symlinkSync(own, path.join(directory('bin'), front));
    expect(onPath(directory('empty'), path.dirname(own))).toBe(true);
    expect(onPath(directory('bin'))).toBe(true);
  });

  it('does not start it if it is not on the PATH, or the PATH is not set', () => {
    expect(onPath(directory('empty'), path.join(root, 'missing'))).toBe(false);
    expect(startsByName(front, own, { platform: 'linux', env: {} })).toBe(false);
  });

  it('does not start it if the name finds another program first', () => {
    const other = path.dirname(program(`other/${front}`));
    expect(onPath(other, path.dirname(own))).toBe(false);
    expect(onPath(path.dirname(own), other)).toBe(true);
  });

  it('passes over a file that cannot be executed', () => {
    chmodSync(program(`other/${front}`), 0o644);
    expect(onPath(path.join(root, 'other'), path.dirname(own))).toBe(true);
  });

  it.each(['.', 'bin', ''])('does not count on a PATH with the relative entry "%s" before it', (entry) => {
    expect(onPath(entry, path.dirname(own))).toBe(false);
    expect(onPath(path.dirname(own), entry)).toBe(true);
  });
});

describe('the name of this program on Windows', () => {
  const onPath = (script: string, ...directories: string[]) =>
    startsByName('sallyport', script, {
      platform: 'win32',
      env: { Path: directories.join(';'), PATHEXT: '.EXE;.CMD' },
    });

  it('starts it through the launcher of an archive', () => {
    const script = program('archive/bin/sallyport.js');
    const bin = path.dirname(program('archive/bin/sallyport.cmd'));
    expect(onPath(script, bin)).toBe(true);
  });

  it('starts it through the script that npm writes', () => {
    const script = program('npm/node_modules/sallyport/bin/sallyport.js');
    const prefix = path.dirname(program('npm/sallyport.cmd'));
    expect(onPath(script, prefix)).toBe(true);
    program('npm/sallyport.exe');
    expect(onPath(script, prefix)).toBe(false);
  });

  it('does not start it if the name finds the script of another installation first', () => {
    const script = program('npm/node_modules/sallyport/bin/sallyport.js');
    const prefix = path.dirname(program('npm/sallyport.cmd'));
    program('older/node_modules/sallyport/bin/sallyport.js');
    const older = path.dirname(program('older/sallyport.cmd'));
    expect(onPath(script, older, prefix)).toBe(false);
  });
});

describe('the directory by which a program is started', () => {
  it('is that of the archive, which leads to its current version, so that an upgrade does not change it', () => {
    const archive = path.join(root, 'archive');
    program('archive/versions/1.2.3/bin/sallyport');
    symlinkSync('versions/1.2.3', path.join(archive, 'current'));
    symlinkSync('current/bin', path.join(archive, 'bin'));
    expect(stableBin(path.join(archive, 'versions', '1.2.3'))).toBe(path.join(archive, 'bin'));
  });

  it('is its own where nothing else leads there, or something else does', () => {
    const directory = path.join(root, 'versions', '1.2.3');
    program('versions/1.2.3/bin/sallyport');
    expect(stableBin(directory)).toBe(path.join(directory, 'bin'));
    program('bin/sallyport');
    expect(stableBin(directory)).toBe(path.join(directory, 'bin'));
    expect(stableBin(path.join(root, 'lib', 'node_modules', 'sallyport'))).toBe(path.dirname(own));
  });
});
