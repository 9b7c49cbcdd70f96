import { createHash } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { installPath } from '@sallyport/contracts/answers';
import { sallyportVersion } from '@sallyport/contracts/version';
import type { Environment } from '../environment/environment.ts';
import { fileFault } from '../files/write-file.ts';
import { namedGateway, type GatewayOptions } from '../gateway/find-gateway.ts';
import { openGateway, type OpenGateway } from '../gateway/open-gateway.ts';
import { ensureDirectory, localFault, type Home } from '../home/home.ts';
import { tryProcessLock } from '../home/process-lock.ts';
import { stableBin } from '../kubectl/program-on-path.ts';
import { CliError } from '../terminal/cli-error.ts';
import { confirm } from '../terminal/confirm.ts';
import { forTerminal, shellWord } from '../terminal/for-terminal.ts';
import { writeResult } from '../terminal/output.ts';
import { createProgress } from '../terminal/progress.ts';
import { fetchBytes, type Bounds } from './fetch-bytes.ts';
import { installArchive } from './install-archive.ts';
import { installWithNpm } from './install-with-npm.ts';
import { fileFor, findInstallation, isWritable, type Installation } from './installation.ts';
import { readOffer, type Offer } from './read-offer.ts';
import type { NewProgram } from './try-program.ts';
import { compareVersions } from './versions.ts';

export type UpgradeOptions = GatewayOptions & { check?: boolean; yes?: boolean };

const minute = 60_000;
const ofProgram: Bounds = { maxBytes: 256 * 1024 * 1024, deadlineMs: 30 * minute, silenceMs: minute / 2 };

/** Returns the directory of this program. A development build has no keys, so it cannot verify a release. */
function requireRelease({ programDirectory, releaseKeys }: Environment): string {
  if (releaseKeys.length > 0 && programDirectory !== undefined) return programDirectory;
  throw new CliError(
    'failed',
    'this is a development build, which has no keys to verify a release with',
    'Install a signed release, or update the sources and build them.',
  );
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

/** Downloads a file of the release into memory, and compares it with the SHA-256 that was signed. */
async function download({ client, environment }: OpenGateway, name: string, sum: string): Promise<Buffer> {
  const progress = createProgress(environment);
  const received = (size: number, total: number | undefined) =>
    progress.tell(() => {
      const of = total === undefined ? '' : ` of ${megabytes(total)}`;
      return `Downloading ${name}: ${megabytes(size)}${of} MB`;
    });
  try {
    const bytes = await fetchBytes({ client, path: `${installPath}/${name}`, what: name }, ofProgram, received);
    if (createHash('sha256').update(bytes).digest('hex') === sum) return bytes;
  } finally {
    progress.end();
  }
  throw new CliError(
    'unreachable',
    `${name} is not the file that was signed`,
    'Nothing was changed, and the file was not kept. Tell the operator of the gateway.',
  );
}

/** An installation that no other program takes care of. */
type OwnInstallation = Exclude<Installation, { form: 'managed' }>;

/** Throws a CliError that says what to type if another program has installed this one. */
function requireOwn(installation: Installation): asserts installation is OwnInstallation {
  if (installation.form !== 'managed') return;
  throw new CliError(
    'failed',
    `${installation.manager} has installed this program, and replaces it`,
    `Run: ${installation.command}`,
  );
}

/** Throws a CliError that says what to type if the user may not change the installation. */
function requireWritable(installation: Installation, { home, address }: OpenGateway): void {
  const { form, root } = installation;
  const changed = form === 'archive' ? [root, path.join(root, 'versions')] : [root, path.dirname(root)];
  const fixed = changed.find((directory) => !isWritable(directory));
  if (fixed === undefined) return;
  const program = form === 'archive' ? path.join(root, 'bin', 'sallyport') : path.join(stableBin(root), 'sallyport.js');
  throw new CliError(
    'local-file',
    `you may not change ${fixed}`,
    `Run: sudo env SALLYPORT_HOME=${shellWord(home.root)} ${shellWord(program)} upgrade ${shellWord(address.origin)}`,
  );
}

/** Keeps a verified file where the user finds it, and throws a CliError that says what to do with it. */
function leaveToUser({ form, root }: Installation, home: Home, { name, bytes }: NewProgram): never {
  const directory = path.join(home.root, 'upgrade');
  const file = path.join(directory, name);
  try {
    // What an upgrade before this one kept is not needed any more.
    rmSync(directory, { recursive: true, force: true });
    ensureDirectory(home, directory);
    writeFileSync(file, bytes, { mode: 0o600 });
  } catch (error) {
    throw error instanceof CliError ? error : localFault(file, error);
  }
  throw new CliError(
    'failed',
    `this program cannot replace itself in ${root}, but the new version is verified`,
    form === 'package'
      ? `Run: npm install --global ${shellWord(file)}`
      : `Unpack ${shellWord(file)} into the place of ${shellWord(root)}, while no program there is running.`,
  );
}

/** npm replaces the directory of a package, so the lock is next to it. */
const lockFileOf = ({ form, root }: Installation) =>
  form === 'archive' ? path.join(root, '.upgrade.lock') : path.join(path.dirname(root), '.sallyport-upgrade.lock');

/** Downloads and installs a file of the release. Only one upgrade of an installation runs at a time. */
async function install(gateway: OpenGateway, installation: OwnInstallation, offer: Offer): Promise<void> {
  const { environment, home } = gateway;
  const { root } = installation;
  const name = fileFor(installation, offer.version, environment);
  const sum = offer.files.get(name);
  if (sum === undefined)
    throw new CliError(
      'refused',
      `the gateway offers version ${offer.version}, but not for this platform (${name})`,
      'Ask the operator of the gateway for this file.',
    );
  const added = async () => ({ version: offer.version, name, bytes: await download(gateway, name, sum) });
  if (installation.form === 'package' || installation.form === 'unpacked')
    return leaveToUser(installation, home, await added());
  const lock = tryProcessLock(lockFileOf(installation), environment);
  if (lock === undefined)
    throw new CliError('local-file', `another upgrade of ${root} is running`, 'Wait until it ends.');
  const unsubscribe = environment.onInterrupt(() => lock.release());
  try {
    if (installation.form === 'archive') await installArchive(environment, installation, await added());
    else await installWithNpm(environment, installation.npm, await added());
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw fileFault(root, error, 'The old version still works. Check the directory and its disk, and try again.');
  } finally {
    unsubscribe();
    lock.release();
  }
}

function describe(offered: string, order: number, origin: string): string {
  if (order === 0) return `This program is up to date: ${origin} offers its version, ${sallyportVersion}.\n`;
  if (order < 0)
    return `Nothing was changed: ${origin} offers ${offered}, which is older than this program (${sallyportVersion}).\n`;
  return `${offered} is available at ${origin}. This program is ${sallyportVersion}.\nTo upgrade, run: sallyport upgrade ${shellWord(origin)}\n`;
}

/** `sallyport upgrade`: replaces this program with a newer version that the gateway offers, if a trusted key signed it. */
export async function upgrade(
  environment: Environment,
  argument: string | undefined,
  options: UpgradeOptions,
): Promise<void> {
  const programDirectory = requireRelease(environment);
  const gateway = await openGateway(environment, { ...options, gateway: namedGateway(argument, options) });
  const { origin } = gateway.address;
  const offer = await readOffer(gateway);
  const order = compareVersions(offer.version, sallyportVersion);
  const state = order > 0 ? 'newer' : order < 0 ? 'older' : 'same';
  const result = { gateway: origin, version: sallyportVersion, offered: offer.version, state };
  if (order <= 0 || options.check === true)
    return writeResult(environment, options.output, { ...result, upgraded: false }, () =>
      describe(offer.version, order, origin),
    );
  const installation = await findInstallation(programDirectory, environment);
  requireOwn(installation);
  if (installation.form === 'archive' || installation.form === 'npm') requireWritable(installation, gateway);
  const words = `${forTerminal(installation.root)} from ${sallyportVersion} to ${offer.version}`;
  await confirm(environment, `Upgrade ${words}, which ${origin} offers?`, options);
  await install(gateway, installation, offer);
  return writeResult(environment, options.output, { ...result, upgraded: true }, () => `Upgraded ${words}.\n`);
}
