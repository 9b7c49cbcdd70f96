import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from '@jest/globals';
import { writeLayer } from './write-layer.mjs';
import { writeOciArchive } from './oci-archive.mjs';

const scratch = mkdtempSync(path.join(tmpdir(), 'sallyport-layer-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const sha256 = (data) => `sha256:${createHash('sha256').update(data).digest('hex')}`;

/** Makes the same tree with other times, another order and other modes. */
function makeTree(name, { names, mode, time }) {
  const directory = path.join(scratch, name);
  mkdirSync(path.join(directory, 'own'), { recursive: true });
  for (const one of names) {
    const file = path.join(directory, one);
    writeFileSync(file, one);
    chmodSync(file, mode);
    utimesSync(file, time, time);
  }
  symlinkSync('b', path.join(directory, 'link'));
  return directory;
}

async function makeLayer(name, tree) {
  const file = path.join(scratch, `${name}.tar.gz`);
  const more = { seconds: 1_000_000_000, mode: 'u=rwX,go=rX', owned: ['own'], owner: 10_001 };
  return { file, ...(await writeLayer({ directory: makeTree(name, tree), file, ...more })) };
}

describe('a layer', () => {
  it('is the same for the same files, whoever made them and when', async () => {
    const one = await makeLayer('one', { names: ['a', 'b', 'c'], mode: 0o600, time: 5 });
    const other = await makeLayer('other', { names: ['c', 'b', 'a'], mode: 0o664, time: 7 });
    expect({ ...other, file: undefined, name: undefined }).toEqual({ ...one, file: undefined, name: undefined });
    const bytes = readFileSync(one.file);
    expect(one).toMatchObject({ digest: sha256(bytes), size: bytes.length, diffId: sha256(gunzipSync(bytes)) });
  });

  it('belongs to root, except for the directories of the services', async () => {
    const { file } = await makeLayer('owners', { names: ['a'], mode: 0o600, time: 5 });
    const listed = execFileSync('tar', ['--numeric-owner', '-tvzf', file], { encoding: 'utf8' }).trim().split('\n');
    const entries = listed.map((line) => line.split(/\s+/)).map((words) => `${words[0]} ${words[1]} ${words[5]}`);
    expect(entries).toEqual([
      'drwxr-xr-x 0/0 ./',
      '-rw-r--r-- 0/0 ./a',
      'lrwxr-xr-x 0/0 ./link',
      'drwx------ 10001/10001 ./own/',
    ]);
  });
});

describe('an archive', () => {
  it('has every blob under its digest, and is the same for the same layers', async () => {
    const layer = await makeLayer('archived', { names: ['a'], mode: 0o600, time: 5 });
    const input = {
      reference: 'registry.example.com:5000/x/sallyport:1.2',
      settings: { User: '1' },
      layers: [layer],
      seconds: 1_000_000_000,
    };
    const [one, other] = ['one.tar', 'other.tar'].map((name) => path.join(scratch, name));
    const digest = await writeOciArchive({ ...input, file: one });
    expect(await writeOciArchive({ ...input, file: other })).toBe(digest);
    expect(readFileSync(one).equals(readFileSync(other))).toBe(true);
    const member = (name) => execFileSync('tar', ['-xOf', one, name]);
    const blob = (of) => member(`blobs/sha256/${of.slice('sha256:'.length)}`);
    const [entry] = JSON.parse(member('index.json')).manifests;
    expect(entry).toMatchObject({
      digest,
      annotations: { 'io.containerd.image.name': input.reference, 'org.opencontainers.image.ref.name': '1.2' },
    });
    expect(sha256(blob(digest))).toBe(digest);
    const manifest = JSON.parse(blob(digest));
    const config = JSON.parse(blob(manifest.config.digest));
    expect(config).toMatchObject({ os: 'linux', config: { User: '1' }, rootfs: { diff_ids: [layer.diffId] } });
    expect(sha256(blob(manifest.layers[0].digest))).toBe(layer.digest);
  });
});
