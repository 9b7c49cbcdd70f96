// Builds what users install: the npm package of the command line, self-contained archives, the Helm chart, and their
// checksums. Needs the project's Node.js, which reads TypeScript, and a finished build.
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
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs, promisify } from 'node:util';
import { processEnvironment } from '../packages/cli/src/environment/environment.ts';
import { manPage } from '../packages/cli/src/man-page/man-page.ts';
import { createProgram } from '../packages/cli/src/commands/create-program.ts';
import { fail, root } from './bootstrap.mjs';
import { licensesOf } from './release/licenses.mjs';
import { stageChart } from './release/stage-chart.mjs';
import { createNodeSource } from './release/node-source.mjs';
import { platforms } from './release/platforms.mjs';
import { stageArchive, stagePackage } from './release/stage.mjs';
import { writeArchive } from './release/write-archive.mjs';

const usage = `Usage: npm run release -- [--only PLATFORMS] [--out DIR]

Writes into dist/release: the npm package sallyport-VERSION.tgz, an archive with its own Node.js for each platform,
the Helm chart sallyport-VERSION-chart.tgz, and SHA256SUMS. The same sources result in the same bytes.

  --only PLATFORMS  only the archives of these platforms, separated by commas; "none" for only the npm package and
                    the chart
                    (${Object.keys(platforms).join(', ')})
  --out DIR         write there; replaces an earlier release
  -h, --help        show this help

Node.js is downloaded with npm and, for macOS, with Python's pip, and kept in ~/.cache/sallyport/node.
SOURCE_DATE_EPOCH sets the time of the files in the archives.

Example:
  npm run release -- --only linux-x64
`;

const run = promisify(execFile);
const cli = path.join(root, 'packages', 'cli');
const say = (text) => void process.stderr.write(`${text}\n`);
const readRoot = (name) => readFileSync(path.join(root, name), 'utf8');
const { version } = JSON.parse(readRoot('package.json'));
// Like npm, whose packages have this time for all files.
const npmTime = Date.UTC(1985, 9, 26, 8, 15) / 1000;

function readArguments() {
  const options = { only: { type: 'string' }, out: { type: 'string' }, help: { type: 'boolean', short: 'h' } };
  try {
    const { values } = parseArgs({ options });
    const all = Object.keys(platforms);
    const chosen = values.only === 'none' ? [] : (values.only?.split(',') ?? all);
    const wrong = chosen.find((one) => !all.includes(one));
    if (wrong !== undefined) throw new Error(`there is no archive for "${wrong}". Choose from: ${all.join(', ')}`);
    return { ...values, chosen };
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

function readTexts() {
  const bundled = JSON.parse(readFileSync(path.join(cli, 'dist', 'bundled-packages.json'), 'utf8'));
  return {
    license: readRoot('LICENSE'),
    readme: readRoot('scripts/release/package-readme.md'),
    licenses: licensesOf(bundled.map((directory) => path.join(root, directory))),
    man: manPage(createProgram(processEnvironment()), version),
  };
}

async function packPackage(work, texts) {
  say('Packing the npm package ...');
  const directory = path.join(work, 'package');
  stagePackage({ cli, directory, version, texts });
  const options = { cwd: directory, shell: process.platform === 'win32' };
  await run('npm', ['pack', '--pack-destination', path.join(work, 'out'), '--silent'], options);
}

async function packArchive(work, platform, source, texts) {
  const node = await source.get(platform);
  const top = `sallyport-${version}-${platform}`;
  const name = `${top}.${platform.startsWith('windows-') ? 'zip' : 'tar.gz'}`;
  say(`Packing ${name} ...`);
  const directory = path.join(work, 'archives');
  stageArchive({ cli, directory: path.join(directory, top), platform, node, texts });
  writeArchive({ directory, top, file: path.join(work, 'out', name), time: timeOfFiles() });
  rmSync(path.join(directory, top), { recursive: true });
}

function packChart(work) {
  say('Packing the Helm chart ...');
  const directory = path.join(work, 'chart');
  stageChart({ source: path.join(root, 'charts', 'sallyport'), directory, version, license: readRoot('LICENSE') });
  const file = path.join(work, 'out', `sallyport-${version}-chart.tgz`);
  writeArchive({ directory, top: 'sallyport', file, time: timeOfFiles() });
}

function writeSums(out) {
  const sums = readdirSync(out)
    .toSorted()
    .map(
      (name) =>
        `${createHash('sha256')
          .update(readFileSync(path.join(out, name)))
          .digest('hex')}  ${name}\n`,
    );
  writeFileSync(path.join(out, 'SHA256SUMS'), sums.join(''));
}

/** Ends the program if `out` holds anything but an earlier release: the directory is replaced. */
function refuseForeignDirectory(out) {
  const ours = /^(?:sallyport-.+\.(?:tgz|tar\.gz|zip)|SHA256SUMS)$/;
  const found = existsSync(out) ? readdirSync(out).find((name) => !ours.test(name)) : undefined;
  if (found !== undefined)
    fail(`${out} contains "${found}", which is not part of a release\n  Name a directory that does not exist yet.`);
}

const { chosen, help, out = path.join(root, 'dist', 'release') } = readArguments();
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
  const texts = readTexts();
  await packPackage(work, texts);
  packChart(work);
  const source = createNodeSource({
    cache: path.join(homedir(), '.cache', 'sallyport', 'node'),
    lock: JSON.parse(readRoot('package-lock.json')),
    say,
  });
  for (const platform of chosen) await packArchive(work, platform, source, texts);
  writeSums(made);
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
