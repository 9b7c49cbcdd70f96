import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { sallyportVersion } from '@sallyport/contracts';
import {
  eventually,
  runCommand,
  runDirectory,
  startCommand,
  type CommandResult,
  type RunningCommand,
} from '../harness/index.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const platform = `${process.platform}-${process.arch}`;

/** What `npm run release` makes for this machine. */
export type Release = { directory: string; tarball: string; archive: string; archiveName: string };

/** An installed command line, with nothing on its PATH but itself, its Node.js and the programs of the system. */
export type Installation = {
  bin: string;
  path: string;
  /** The directory on its PATH for programs that a test adds. */
  programs: string;
  run(program: string, args: readonly string[]): Promise<CommandResult>;
  start(program: string, args: readonly string[]): RunningCommand;
};

async function succeed(what: string, command: Promise<CommandResult>): Promise<void> {
  const { code, stdout, stderr } = await command;
  if (code !== 0) throw new Error(`${what} failed with exit code ${code}: ${stdout}${stderr}`);
}

const releaseMs = 240_000;

/** Builds and signs the npm package and the archive of this machine's platform. */
async function buildRelease(directory: string): Promise<void> {
  const key = `${directory}.pem`;
  execFileSync('openssl', ['genpkey', '-algorithm', 'ed25519', '-out', key]);
  const script = path.join(repository, 'scripts', 'release.mjs');
  const args = [script, '--only', platform, '--out', directory, '--signing-key', key, '--unattested'];
  await succeed('npm run release', runCommand(process.execPath, args, { timeoutMs: releaseMs }));
}

/**
 * Returns the signed release of this run. The first file that needs it builds it, which takes most of a minute, and the
 * others wait. None may change it.
 */
export async function theRelease(): Promise<Release> {
  const directory = path.join(runDirectory(), 'release');
  const result = `${directory}.error`;
  let isFirst = true;
  try {
    mkdirSync(`${directory}.lock`);
  } catch {
    isFirst = false;
  }
  if (isFirst) {
    const error = await buildRelease(directory).then(() => '', String);
    writeFileSync(`${result}.new`, error);
    renameSync(`${result}.new`, result);
  }
  await eventually('the release', () => existsSync(result), releaseMs);
  const error = readFileSync(result, 'utf8');
  if (error !== '') throw new Error(error);
  const archiveName = `sallyport-${sallyportVersion}-${platform}`;
  return {
    directory,
    archiveName,
    tarball: path.join(directory, `sallyport-${sallyportVersion}.tgz`),
    archive: path.join(directory, `${archiveName}.tar.gz`),
  };
}

/** Returns the machine's own Node.js, which npm runs on. npm puts the project's before it on the PATH. */
export function machineNode(): string {
  const directories = (process.env.PATH ?? '').split(':').filter((one) => !one.includes('node_modules'));
  const found = directories.map((one) => path.join(one, 'node')).find((file) => existsSync(file));
  return found ?? process.execPath;
}

/** Describes an installation for a user with an empty home directory. */
export function installation(home: string, bin: string, node: string | undefined, kubectl: string): Installation {
  const programs = path.join(home, 'programs');
  mkdirSync(programs, { recursive: true });
  if (node !== undefined) symlinkSync(node, path.join(programs, 'node'));
  symlinkSync(kubectl, path.join(programs, 'kubectl'));
  const searched = [bin, programs, '/usr/bin', '/bin'].join(':');
  const env = {
    PATH: searched,
    HOME: home,
    SALLYPORT_HOME: undefined,
    KUBECONFIG: undefined,
    NODE_OPTIONS: undefined,
    NODE_PATH: undefined,
  };
  const options = { cwd: home, env };
  return {
    bin,
    path: searched,
    programs,
    // The program is found on the PATH of the installation, and not on that of the test.
    run: (program, args) => runCommand('/usr/bin/env', [program, ...args], options),
    start: (program, args) => startCommand('/usr/bin/env', [program, ...args], options),
  };
}

/** Installs the npm package globally under a prefix, offline and with an empty cache. Returns its bin directory. */
export async function installWithNpm(release: Release, prefix: string): Promise<string> {
  const args = ['install', '--global', '--prefix', prefix, '--offline', '--no-audit', '--no-fund', release.tarball];
  const env = { npm_config_cache: path.join(prefix, 'cache'), HOME: prefix };
  await succeed('npm install', runCommand('npm', args, { cwd: path.dirname(prefix), env }));
  return path.join(prefix, 'bin');
}

/** Unpacks the archive. Returns its bin directory. */
export async function unpack(release: Release, directory: string): Promise<string> {
  mkdirSync(directory, { recursive: true });
  await succeed('tar', runCommand('tar', ['-xzf', release.archive, '-C', directory]));
  return path.join(directory, release.archiveName, 'bin');
}
