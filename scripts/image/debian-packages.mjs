// Gets the Debian packages of the image's base with apt, at the versions that deploy/image/debian-packages.json pins.
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

const runProgram = promisify(execFile);
const sha256 = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

/** Debian's name of this machine's architecture. */
export const ownArchitecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

/**
 * Returns a function that runs apt-get for the packages of an architecture. If that is not the machine's own, apt keeps
 * its lists in the cache, and the machine's apt stays as it is.
 */
function aptFor(architecture, cache, run) {
  const settings = ['APT::Sandbox::User=root'];
  if (architecture !== ownArchitecture) {
    const state = path.join(cache, `apt-${architecture}`);
    mkdirSync(path.join(state, 'lists/partial'), { recursive: true });
    writeFileSync(path.join(state, 'status'), '');
    settings.push(`APT::Architecture=${architecture}`, `APT::Architectures::=${architecture}`);
    settings.push(`Dir::State::Lists=${state}/lists`, `Dir::State::status=${state}/status`, `Dir::Cache=${state}`);
  }
  // apt's own user cannot write here, which it only warns about.
  const options = ['-qq', ...settings.flatMap((setting) => ['-o', setting])];
  return (args, where) => run('apt-get', [...options, ...args], where);
}

/** Downloads one package, of this version or of the one that the machine's apt prefers. Returns the file. */
async function download(name, version, cache, apt) {
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(path.join(cache, 'download-'));
  try {
    const wanted = version === undefined ? name : `${name}=${version}`;
    await apt(['download', wanted], { cwd: scratch });
    const [made] = readdirSync(scratch).filter((one) => one.endsWith('.deb'));
    const file = path.join(cache, made);
    renameSync(path.join(scratch, made), file);
    return file;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function describePackage(file, run) {
  const { stdout } = await run('dpkg-deb', ['--show', '--showformat=${Package}\n${Version}\n${Architecture}', file]);
  const [name, version, architecture] = stdout.trim().split('\n');
  return { name, version, architecture, sha256: sha256(file), file };
}

/**
 * Returns the packages of the base for an architecture, as `{name, version, architecture, sha256, file}`. A mirror only
 * has the latest version of a package. If that is not the pinned one any more, uses it and says so, or with `locked`
 * fails.
 */
export async function getDebianPackages({ pinned, architecture, cache, locked, say, run = runProgram }) {
  const apt = aptFor(architecture, cache, run);
  const found = [];
  for (const pin of pinned) {
    const kept = path.join(cache, `${pin.name}_${pin.version.replace(':', '%3a')}_${pin.architecture}.deb`);
    if (existsSync(kept) && sha256(kept) === pin.sha256) found.push({ ...pin, file: kept });
    else found.push(await getPackage(pin, { cache, locked, say, apt, run }));
  }
  return found;
}

async function getPackage(pin, { cache, locked, say, apt, run }) {
  const found = await downloadPackage(pin, { cache, locked, apt, run });
  if (found.sha256 === pin.sha256) return found;
  const what = `${pin.name} ${found.version} is not what is pinned, which is ${pin.version} (sha256 ${pin.sha256})`;
  // The same version with other contents is not a newer package.
  if (locked || found.version === pin.version) {
    rmSync(found.file);
    throw new Error(`${what}. Run \`npm run image -- --update-base\` to pin what Debian has now.`);
  }
  say(`${what}: the image differs from one with the pinned packages`);
  return found;
}

async function downloadPackage(pin, { cache, locked, apt, run }) {
  const get = async (version) => describePackage(await download(pin.name, version, cache, apt), run);
  try {
    return await get(pin.version);
  } catch {
    // A fresh machine may have no lists of packages yet, or old ones. Only root may fetch them.
    await apt(['update']).catch(() => undefined);
  }
  try {
    return await get(pin.version);
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error('the base is made of Debian packages, and this machine has no apt-get. Use docker build.', {
        cause: error,
      });
    if (locked)
      throw new Error(
        `apt-get cannot download ${pin.name} ${pin.version}. Run \`apt-get update\`, or \`npm run image -- --update-base\` to pin what Debian has now.\n${error.stderr ?? error.message}`,
        { cause: error },
      );
  }
  try {
    return await get(undefined);
  } catch (error) {
    throw new Error(
      `apt-get cannot download ${pin.name}. Run \`apt-get update\` first.\n${error.stderr ?? error.message}`,
      {
        cause: error,
      },
    );
  }
}

/** Returns what apt has now for an architecture, to pin it. */
export async function latestPackages(names, { architecture, cache, say, run = runProgram }) {
  const apt = aptFor(architecture, cache, run);
  say(`Asking apt for ${names.length} packages for ${architecture} ...`);
  if (architecture !== ownArchitecture) await apt(['update']);
  const found = [];
  for (const name of names) {
    const { file: _file, ...pin } = await describePackage(await download(name, undefined, cache, apt), run);
    found.push(pin);
  }
  return found;
}
