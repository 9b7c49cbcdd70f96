// Builds what users install: the npm package of the command line, self-contained archives, the Helm chart, and their
// checksums. Needs the project's Node.js, which reads TypeScript, and a finished build.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
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
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs, promisify } from 'node:util';
import { bundleProgram } from '../packages/cli/scripts/bundle.mjs';
import { processEnvironment } from '../packages/cli/src/environment/environment.ts';
import { manPage } from '../packages/cli/src/man-page/man-page.ts';
import { createProgram } from '../packages/cli/src/commands/create-program.ts';
import { releaseKeyFile, releaseKeyLine, signFile } from '../packages/cli/src/upgrade/minisign.ts';
import { fail, root } from './bootstrap.mjs';
import { externalPackages } from './bundle/bundles.mjs';
import { licensesOf } from './release/licenses.mjs';
import { readReleaseKeys } from './release/release-keys.mjs';
import { stageChart } from './release/stage-chart.mjs';
import { createNodeSource } from './release/node-source.mjs';
import { platforms } from './release/platforms.mjs';
import { stageArchive, stagePackage } from './release/stage.mjs';
import { writeArchive } from './release/write-archive.mjs';

const usage = `Usage: npm run release -- [--signing-key FILE] [--trusted-key FILE]... [--only PLATFORMS] [--out DIR]

Writes into dist/release: the npm package sallyport-VERSION.tgz, an archive with its own Node.js for each platform,
for Linux also one with the gateway (sallyport-VERSION-server-PLATFORM.tar.gz), the Helm chart
sallyport-VERSION-chart.tgz, and SHA256SUMS. With --signing-key, also its signature SHA256SUMS.minisig
and the public key minisign.pub. The same sources and keys result in the same bytes.

  --only PLATFORMS    only the archives of these platforms, separated by commas; "none" for only the npm package and
                      the chart
                      (${Object.keys(platforms).join(', ')})
  --signing-key FILE  sign with this Ed25519 key (PKCS#8 PEM, from "openssl genpkey -algorithm ed25519"), which must
                      not be in the repository. Installed command lines upgrade to releases that it signs.
  --trusted-key FILE  also upgrade to releases that another key signs. FILE is its minisign.pub. Give the option once
                      for each key.
  --out DIR           write there; replaces an earlier release
  -h, --help          show this help

Node.js is downloaded with npm and, for macOS, with Python's pip, and kept in ~/.cache/sallyport/node.
SOURCE_DATE_EPOCH sets the time of the files in the archives.

Example:
  npm run release -- --only linux-x64
  npm run release -- --signing-key ~/keys/sallyport.pem --trusted-key ~/keys/next.pub
`;

const run = promisify(execFile);
const say = (text) => void process.stderr.write(`${text}\n`);
const readRoot = (name) => readFileSync(path.join(root, name), 'utf8');
const { version } = JSON.parse(readRoot('package.json'));
// Like npm, whose packages have this time for all files.
const npmTime = Date.UTC(1985, 9, 26, 8, 15) / 1000;

function readArguments() {
  const options = {
    only: { type: 'string' },
    out: { type: 'string' },
    'signing-key': { type: 'string' },
    'trusted-key': { type: 'string', multiple: true },
    help: { type: 'boolean', short: 'h' },
  };
  try {
    const { values } = parseArgs({ options });
    const all = Object.keys(platforms);
    const chosen = values.only === 'none' ? [] : (values.only?.split(',') ?? all);
    const wrong = chosen.find((one) => !all.includes(one));
    if (wrong !== undefined) throw new Error(`there is no archive for "${wrong}". Choose from: ${all.join(', ')}`);
    const keys = readReleaseKeys({ root, signingKey: values['signing-key'], trustedKeys: values['trusted-key'] });
    return { ...values, chosen, keys };
  } catch (error) {
    return fail(`${error.message}\n  For help, run: npm run release -- --help`);
  }
}

/** Returns the time of all files in the archives. */
function timeOfFiles() {
  const seconds = Number(process.env.SOURCE_DATE_EPOCH ?? npmTime);
  // Zip cannot express times before 1980.
  if (!Number.isSafeInteger(seconds) || seconds < 315_532_800)
    return fail('SOURCE_DATE_EPOCH must be the seconds since 1970 of a time in or after 1980');
  return new Date(seconds * 1000);
}

/** Bundles the command line with the keys that it is to trust. Returns the directory of its files. */
async function bundleCli(work, { trusted }) {
  say('Bundling the command line ...');
  const directory = path.join(work, 'cli');
  cpSync(path.join(root, 'packages', 'cli', 'bin'), path.join(directory, 'bin'), { recursive: true });
  await bundleProgram(path.join(directory, 'dist'), trusted);
  return directory;
}

function readTexts(cli) {
  const bundled = JSON.parse(readFileSync(path.join(cli, 'dist', 'bundled-packages.json'), 'utf8'));
  return {
    license: readRoot('LICENSE'),
    readme: readRoot('scripts/release/package-readme.md'),
    licenses: licensesOf(bundled.map((directory) => path.join(root, directory))),
    man: manPage(createProgram(processEnvironment()), version),
  };
}

async function packPackage(work, cli, texts) {
  say('Packing the npm package ...');
  const directory = path.join(work, 'package');
  stagePackage({ cli, directory, version, texts });
  const options = { cwd: directory, shell: process.platform === 'win32' };
  await run('npm', ['pack', '--pack-destination', path.join(work, 'out'), '--silent'], options);
}

async function packArchive(work, cli, { platform, source, texts, serve }) {
  const node = await source.get(platform);
  const top = `sallyport-${version}-${serve ? 'server-' : ''}${platform}`;
  const name = `${top}.${platform.startsWith('windows-') ? 'zip' : 'tar.gz'}`;
  say(`Packing ${name} ...`);
  const directory = path.join(work, 'archives');
  stageArchive({ cli, directory: path.join(directory, top), version, platform, node, texts, serve });
  writeArchive({ directory, top, file: path.join(work, 'out', name), time: timeOfFiles() });
  rmSync(path.join(directory, top), { recursive: true });
}

/** What the archive of a gateway has besides. The build has made the bundle. */
const server = {
  source: root,
  packages: Object.fromEntries(externalPackages.map((name) => [name, path.join(root, 'node_modules', name)])),
  unit: readRoot('deploy/systemd/sallyport.service'),
};

/** The licenses of the packages in the gateway too. */
function serverTexts(texts) {
  const list = (name) => JSON.parse(readRoot(`packages/${name}/bundled-packages.json`));
  const directories = new Set([...list('cli/dist'), ...list('standalone/dist/bundle-serve')]);
  const bundled = [...directories].map((directory) => path.join(root, directory));
  return { ...texts, licenses: licensesOf([...bundled, ...Object.values(server.packages)]) };
}

function packChart(work) {
  say('Packing the Helm chart ...');
  const directory = path.join(work, 'chart');
  stageChart({ source: path.join(root, 'charts', 'sallyport'), directory, version, license: readRoot('LICENSE') });
  const file = path.join(work, 'out', `sallyport-${version}-chart.tgz`);
  writeArchive({ directory, top: 'sallyport', file, time: timeOfFiles() });
}

function writeSums(out, { signingKey }) {
  const sums = readdirSync(out)
    .toSorted()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(path.join(out, name)))
          .digest('hex')}  ${name}\n`,
    );
  const text = sums.join('');
  writeFileSync(path.join(out, 'SHA256SUMS'), text);
  if (signingKey === undefined) return say('Without --signing-key, the release is not signed.');
  writeFileSync(path.join(out, 'SHA256SUMS.minisig'), signFile(Buffer.from(text), `sallyport ${version}`, signingKey));
  writeFileSync(path.join(out, 'minisign.pub'), releaseKeyFile(releaseKeyLine(signingKey)));
}

/** Ends the program if `out` holds anything but an earlier release: the directory is replaced. */
function refuseForeignDirectory(out) {
  const ours = /^(?:sallyport-.+\.(?:tgz|tar\.gz|zip)|SHA256SUMS(?:\.minisig)?|minisign\.pub)$/;
  const found = existsSync(out) ? readdirSync(out).find((name) => !ours.test(name)) : undefined;
  if (found !== undefined)
    fail(`${out} contains "${found}", which is not part of a release\n  Name a directory that does not exist yet.`);
}

const { chosen, help, keys, out = path.join(root, 'dist', 'release') } = readArguments();
if (help) {
  process.stdout.write(usage);
  process.exit(0);
}
timeOfFiles();
refuseForeignDirectory(out);
mkdirSync(path.dirname(path.resolve(out)), { recursive: true });
const work = mkdtempSync(`${path.resolve(out)}-`);
try {
  const made = path.join(work, 'out');
  mkdirSync(made);
  const cli = await bundleCli(work, keys);
  const texts = readTexts(cli);
  await packPackage(work, cli, texts);
  packChart(work);
  const source = createNodeSource({
    cache: path.join(homedir(), '.cache', 'sallyport', 'node'),
    lock: JSON.parse(readRoot('package-lock.json')),
    say,
  });
  for (const platform of chosen) await packArchive(work, cli, { platform, source, texts });
  for (const platform of chosen.filter((one) => one.startsWith('linux-')))
    await packArchive(work, cli, { platform, source, texts: serverTexts(texts), serve: server });
  writeSums(made, keys);
  rmSync(out, { recursive: true, force: true });
  renameSync(made, out);
  for (const name of readdirSync(out))
    console.log(`${path.join(out, name)}  ${(statSync(path.join(out, name)).size / 1e6).toFixed(1)} MB`);
} catch (error) {
  process.exitCode = 1;
  say(`sallyport: ${error.message}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
