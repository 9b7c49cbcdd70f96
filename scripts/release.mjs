// Builds what users install: the npm package of the command line, self-contained archives, the Helm charts, and what
// describes them. Needs the project's Node.js, which reads TypeScript, and a finished build.
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { bundleProgram } from '../packages/cli/scripts/bundle.mjs';
import { processEnvironment } from '../packages/cli/src/environment/environment.ts';
import { manPage } from '../packages/cli/src/man-page/man-page.ts';
import { createProgram } from '../packages/cli/src/commands/create-program.ts';
import { fail, root } from './bootstrap.mjs';
import { externalPackages } from './bundle/bundles.mjs';
import { readArguments, usage } from './release/arguments.mjs';
import { nodeComponent, npmComponents } from './release/bill-of-materials.mjs';
import { describeRelease } from './release/describe-release.mjs';
import { licensesOf } from './release/licenses.mjs';
import { createNodeSource } from './release/node-source.mjs';
import { readRelease } from './release/read-release.mjs';
import { stageChart } from './release/stage-chart.mjs';
import { stageArchive, stagePackage } from './release/stage.mjs';
import { writeArchive } from './release/write-archive.mjs';

const run = promisify(execFile);
const say = (text) => void process.stderr.write(`${text}\n`);
const readRoot = (name) => readFileSync(path.join(root, name), 'utf8');
const { version } = JSON.parse(readRoot('package.json'));
const lock = readRoot('package-lock.json');
const locked = JSON.parse(lock);
// Like npm, whose packages have this time for all files.
const npmTime = Date.UTC(1985, 9, 26, 8, 15) / 1000;

/** Returns the time of all files in the archives, in seconds since 1970. */
function timeOfFiles() {
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? npmTime);
  // Zip cannot express times before 1980.
  if (Number.isSafeInteger(seconds) && seconds >= 315_532_800) return seconds;
  throw new Error('SOURCE_DATE_EPOCH must be the seconds since 1970 of a time in or after 1980');
}

/** Bundles the command line with the keys that it is to trust. Returns the directory of its files. */
async function bundleCli(work, { trusted }) {
  say('Bundling the command line ...');
  const directory = path.join(work, 'cli');
  cpSync(path.join(root, 'packages', 'cli', 'bin'), path.join(directory, 'bin'), { recursive: true });
  await bundleProgram(path.join(directory, 'dist'), trusted);
  return directory;
}

/** Returns the texts that go with packages, which are named by their directories, and the components that they are. */
function textsAndContents(places, texts) {
  return {
    texts: { ...texts, licenses: licensesOf(places.map((place) => path.join(root, place))) },
    contents: npmComponents(Object.fromEntries(places.map((place) => [place, locked.packages[place]]))),
  };
}

/** Returns the texts and the contents of the command line, and of the archive with the gateway. */
function readPrograms(cli) {
  const ofCli = JSON.parse(readFileSync(path.join(cli, 'dist', 'bundled-packages.json'), 'utf8'));
  // The build has made the bundle of the gateway.
  const ofServe = JSON.parse(readRoot('packages/standalone/dist/bundle-serve/bundled-packages.json'));
  const external = externalPackages.map((name) => `node_modules/${name}`);
  const texts = {
    license: readRoot('LICENSE'),
    readme: readRoot('scripts/release/package-readme.md'),
    man: manPage(createProgram(processEnvironment()), version),
    connectorUnit: readRoot('deploy/systemd/sallyport-connector.service'),
  };
  const serve = {
    source: root,
    packages: Object.fromEntries(externalPackages.map((name, index) => [name, path.join(root, external[index])])),
    unit: readRoot('deploy/systemd/sallyport.service'),
  };
  const withServe = [...new Set([...ofCli, ...ofServe, ...external])];
  return {
    program: { cli, ...textsAndContents(ofCli, texts) },
    server: { cli, serve, ...textsAndContents(withServe, texts) },
  };
}

async function packPackage(work, { cli, texts, contents }) {
  say('Packing the npm package ...');
  const directory = path.join(work, 'package');
  stagePackage({ cli, directory, version, texts });
  const options = { cwd: directory, shell: process.platform === 'win32' };
  await run('npm', ['pack', '--pack-destination', path.join(work, 'out'), '--silent'], options);
  return { name: `sallyport-${version}.tgz`, contents };
}

/** Packs an archive of a kind: of the `program`, of the gateway (`server`), or of the program without links for `krew`. */
async function packArchive(work, { platform, kind, source, program: { contents, ...parts } }) {
  const node = await source.get(platform);
  const top = `sallyport-${version}-${kind === 'program' ? '' : `${kind}-`}${platform}`;
  const name = `${top}.${platform.startsWith('windows-') ? 'zip' : 'tar.gz'}`;
  say(`Packing ${name} ...`);
  const directory = path.join(work, 'archives');
  const own = path.join(directory, top);
  stageArchive({ ...parts, directory: own, version, platform, node, hasLinks: kind !== 'krew' });
  writeArchive({ directory, top, file: path.join(work, 'out', name), time: new Date(timeOfFiles() * 1000) });
  rmSync(own, { recursive: true });
  return { name, top, platform, kind, contents: [...contents, nodeComponent(platform, locked)] };
}

function packChart(work, chart) {
  say(`Packing the Helm chart ${chart} ...`);
  const directory = path.join(work, 'chart', chart);
  stageChart({ source: path.join(root, 'charts', chart), directory, version, license: readRoot('LICENSE') });
  const name = `${chart.replace('sallyport', `sallyport-${version}`)}-chart.tgz`;
  writeArchive({ directory, top: chart, file: path.join(work, 'out', name), time: new Date(timeOfFiles() * 1000) });
  return { name, contents: [] };
}

/** Packs everything. Returns the artifacts, with their names and the components in them. */
async function packAll(work, { chosen, keys, downloadUrl }) {
  const { program, server } = readPrograms(await bundleCli(work, keys));
  const artifacts = [await packPackage(work, program)];
  for (const chart of ['sallyport', 'sallyport-connector']) artifacts.push(packChart(work, chart));
  const source = createNodeSource({
    cache: path.join(homedir(), '.cache', 'sallyport', 'node'),
    lock: locked,
    say,
  });
  const isLinux = (platform) => platform.startsWith('linux-');
  const isUnix = (platform) => !platform.startsWith('windows-');
  const archives = [
    ...chosen.map((platform) => ({ platform, kind: 'program', program })),
    ...chosen.filter(isLinux).map((platform) => ({ platform, kind: 'server', program: server })),
    // On Windows, krew only starts programs that end with .exe.
    ...(downloadUrl === undefined ? [] : chosen.filter(isUnix)).map((platform) => ({
      platform,
      kind: 'krew',
      program,
    })),
  ];
  for (const one of archives) artifacts.push(await packArchive(work, { ...one, source }));
  return artifacts;
}

/** Throws if `out` holds anything but an earlier release: the directory is replaced. */
function refuseForeignDirectory(out) {
  const ours =
    /^(?:sallyport-.+\.(?:tgz|tar\.gz|zip|json|md|yaml|rb|json\.minisig)|SHA256SUMS(?:\.minisig)?|minisign\.pub)$/;
  const found = existsSync(out) ? readdirSync(out).find((name) => !ours.test(name)) : undefined;
  if (found !== undefined)
    throw new Error(
      `${out} contains "${found}", which is not part of a release\n  Name a directory that does not exist yet.`,
    );
}

function readOptions() {
  try {
    return readArguments(root);
  } catch (error) {
    return fail(`${error.message}\n  For help, run: npm run release -- --help`);
  }
}

/** Builds the release in a directory next to `out`, which it replaces only at the end. */
async function build({ out, ...options }) {
  const seconds = timeOfFiles();
  refuseForeignDirectory(out);
  const { commit, problem, ...sources } = await readRelease({ root, ...options });
  if (options.unattested) say('With --unattested, there is no provenance.');
  else if (problem !== undefined) say(`There is no provenance: ${problem}.`);
  const release = { lock, seconds, ...options, ...sources, commit: options.unattested ? undefined : commit };
  mkdirSync(path.dirname(out), { recursive: true });
  const work = mkdtempSync(`${out}-`);
  try {
    const made = path.join(work, 'out');
    mkdirSync(made);
    const artifacts = await packAll(work, options);
    // The provenance would name a commit that this is not.
    if ((await readRelease({ root, ...options })).commit !== commit)
      throw new Error('the sources were changed while they were built. Run the command again.');
    describeRelease(made, artifacts, release);
    rmSync(out, { recursive: true, force: true });
    renameSync(made, out);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  for (const name of readdirSync(out))
    console.log(`${path.join(out, name)}  ${(statSync(path.join(out, name)).size / 1e6).toFixed(1)} MB`);
  if (options.keys.signingKey === undefined)
    say('This release is NOT SIGNED: nothing proves who has built it. To sign it, add --signing-key.');
}

const { help, ...options } = readOptions();
if (help) process.stdout.write(usage);
else
  try {
    await build(options);
  } catch (error) {
    process.exitCode = 1;
    say(`sallyport: ${error.message}`);
  }
