// Archives a directory as a layer of an image. The same files result in the same bytes.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGzip } from 'node:zlib';

const run = promisify(execFile);

/** Passes bytes on, and keeps their digest and number. */
function counter() {
  const hash = createHash('sha256');
  let size = 0;
  const stream = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(undefined, chunk);
    },
  });
  return { stream, digest: () => `sha256:${hash.digest('hex')}`, size: () => size };
}

/**
 * Archives `directory` into the gzip file `file`: everything belongs to root, except the directories in `owned`, which
 * get the owner `owner`. `mode` replaces the modes, for files whose modes depend on who made them. Returns the
 * descriptor of the layer.
 */
export async function writeLayer({ directory, file, seconds, mode, owned = [], owner }) {
  const plain = `${file}.tar`;
  const common = ['--format=pax', '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'];
  const fixed = ['--sort=name', '--hard-dereference', '--numeric-owner', `--mtime=@${seconds}`, '-C', directory];
  const tar = (args) => run('tar', [...common, ...fixed, ...args], { env: { ...process.env, LC_ALL: 'C' } });
  const excluded = owned.map((name) => `--exclude=./${name}`);
  const modes = mode === undefined ? [] : [`--mode=${mode}`];
  await tar([...modes, '--owner=0', '--group=0', ...excluded, '--create', '--file', plain, '.']);
  if (owned.length > 0)
    await tar([
      '--mode=0700',
      `--owner=${owner}`,
      `--group=${owner}`,
      '--append',
      '--file',
      plain,
      ...owned.map((name) => `./${name}`),
    ]);
  const [content, compressed] = [counter(), counter()];
  // Level 9 takes three times as long and saves half a percent.
  const gzip = createGzip({ level: 6 });
  await pipeline(createReadStream(plain), content.stream, gzip, compressed.stream, createWriteStream(file));
  rmSync(plain);
  return {
    name: path.basename(directory),
    digest: compressed.digest(),
    size: statSync(file).size,
    diffId: content.digest(),
    unpacked: content.size(),
  };
}
