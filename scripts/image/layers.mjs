// The layers of the image, those that change least first. Each is named by what it is made of, and kept in the cache.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
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
import { copyDependencies, copyPackages } from '../../deploy/image/assemble.mjs';
import { bundleDevelopment } from '../../deploy/image/bundle-development.mjs';
import { bundleInstallation } from '../../deploy/image/bundle-installation.mjs';
import { installArguments, programs } from '../../deploy/image/packages.mjs';
import { readRelease } from '../../packages/proxy/src/downloads/read-release.ts';
import { layOutBase } from './base-system.mjs';
import { writeLayer } from './write-layer.mjs';

const run = promisify(execFile);

/** The user of the services, and the two directories that are theirs: for an embedded store, and for the spool. */
export const owner = 10_001;
export const owned = ['var/lib/sallyport', 'var/spool/sallyport'];

/** The modes of files that come from a checkout or from npm, which depend on the umask of whoever made them. */
const readable = 'u=rwX,go=rX';

/** Returns the files that decide which packages are installed. */
function manifestFiles(root) {
  const workspaces = [
    ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}`),
    'test-e2e',
    'bench',
  ];
  const manifests = ['', ...workspaces].map((place) => path.posix.join(place, 'package.json'));
  return [...manifests, 'package-lock.json', '.npmrc'].filter((file) => existsSync(path.join(root, file)));
}

async function layOutNode(directory, readNode) {
  mkdirSync(path.join(directory, 'usr/local/bin'), { recursive: true });
  writeFileSync(path.join(directory, 'usr/local/bin/node'), await readNode());
  chmodSync(path.join(directory, 'usr/local/bin/node'), 0o755);
}

/** Throws if a package is for the architecture of this machine only: every image has this layer. */
function refuseNativePrograms(directory) {
  const names = readdirSync(directory, { recursive: true, encoding: 'utf8' });
  const found = names.find((name) => /\.(?:node|so|so\.\d.*)$/.test(name));
  if (found !== undefined)
    throw new Error(`${found} is for one architecture only, but the packages of an image are for every one`);
}

/** Installs into a directory of its own, so that what the checkout has installed does not matter. */
async function layOutDependencies(directory, root) {
  const work = `${directory}.install`;
  for (const file of manifestFiles(root)) {
    mkdirSync(path.dirname(path.join(work, file)), { recursive: true });
    copyFileSync(path.join(root, file), path.join(work, file));
  }
  const args = ['ci', ...installArguments(root), '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    await run('npm', args, { cwd: work, maxBuffer: 16 * 1024 * 1024 });
  } catch (error) {
    throw new Error(
      `npm ci failed. Check that the package registry can be reached, then try again.\n${error.stderr ?? error.message}`,
      { cause: error },
    );
  }
  copyDependencies(work, path.join(directory, 'app'));
  refuseNativePrograms(directory);
  // npm's own list of what it has installed, for that of the image.
  const { packages } = JSON.parse(readFileSync(path.join(work, 'node_modules/.package-lock.json'), 'utf8'));
  rmSync(work, { recursive: true });
  return { installed: packages };
}

async function layOutSallyport(directory, root) {
  const app = path.join(directory, 'app');
  copyPackages(root, app);
  const ofInstallation = await bundleInstallation(path.join(app, 'installation'));
  for (const name of ['package.json', 'LICENSE']) copyFileSync(path.join(root, name), path.join(app, name));
  const command = path.join(directory, 'usr/local/bin/sallyport-entrypoint');
  mkdirSync(path.dirname(command), { recursive: true });
  copyFileSync(path.join(root, 'deploy/image/entrypoint.sh'), command);
  chmodSync(command, 0o755);
  for (const name of ['etc/sallyport', ...owned]) mkdirSync(path.join(directory, name), { recursive: true });
  const lists = ['cli/dist', 'standalone/dist/bundle-serve', ...programs.map((name) => `${name}/dist/bundle`)];
  const ofPrograms = lists.flatMap((place) =>
    JSON.parse(readFileSync(path.join(root, 'packages', place, 'bundled-packages.json'), 'utf8')),
  );
  return { bundled: [...new Set([...ofPrograms, ...ofInstallation])].toSorted(byName) };
}

/**
 * Lays out what the gateway offers to its users: the files of a release that `SHA256SUMS` lists, or only what
 * needs no Node.js of other platforms.
 */
async function layOutDownloads(directory, { root, release, seconds }) {
  const target = path.join(directory, 'app/downloads');
  mkdirSync(path.dirname(target), { recursive: true });
  if (release === undefined) {
    const program = path.join(root, 'scripts/release.mjs');
    // Without what names the commit, so that the image changes only with its content.
    const args = [program, '--only', 'none', '--unattested', '--out', target];
    const env = { ...process.env, SOURCE_DATE_EPOCH: String(seconds) };
    await run(process.execPath, args, { env, maxBuffer: 16 * 1024 * 1024 });
    return;
  }
  const { files, faults } = await readRelease(release.directory, release.version);
  if (faults.length > 0) throw new Error(`${release.directory} is not a release: ${faults.join('; ')}`);
  mkdirSync(target);
  for (const { name, file } of files.values()) copyFileSync(file, path.join(target, name));
}

const layOutDevelopment = async (directory) => ({
  bundled: await bundleDevelopment(path.join(directory, 'app/development')),
});

const byName = (one, other) => (one < other ? -1 : 1);

/** Returns a digest of all files below a directory: names and contents. */
function digestOf(directory) {
  const hash = createHash('sha256');
  for (const name of readdirSync(directory, { recursive: true }).toSorted(byName)) {
    const file = path.join(directory, name);
    hash.update(`${name}\0`);
    if (!existsSync(file) || readdirOrUndefined(file) !== undefined) continue;
    hash.update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.digest('hex');
}

const readdirOrUndefined = (file) => {
  try {
    return readdirSync(file);
  } catch {
    return undefined;
  }
};

const readAll = (root, files) =>
  files.map((file) => `${file}\0${readFileSync(path.join(root, file), 'utf8')}`).join('\0');

/** How the layers are made, which decides their bytes as well. */
const recipeFiles = [
  ...['base-system', 'layers', 'write-layer'].map((name) => `scripts/image/${name}.mjs`),
  ...['assemble', 'packages'].map((name) => `deploy/image/${name}.mjs`),
];

/**
 * Returns the descriptors of the layers, each with its file, in the order in which they are applied. That of the
 * dependencies has `installed`, npm's list of what is in it. That of Sallyport has `bundled`, the packages in its bundles,
 * and so has the one that the stage `development` of the Dockerfile adds. `packages` are the Debian packages of the base,
 * `platform` is that of the Node.js that `readNode` reads, `release` names what the gateway offers, and `seconds` is the
 * time of all files. Layers without a program are the same for every architecture.
 */
export async function makeLayers({ root, platform, readNode, packages, stage, release, cache, seconds, say }) {
  const recipe = readAll(root, recipeFiles);
  const keyOf = (...parts) =>
    createHash('sha256')
      .update([recipe, seconds, process.version, ...parts].join('\0'))
      .digest('hex');
  const layer = (name, key, layOut, more) => makeLayer({ name, key, layOut, more: { seconds, ...more }, cache, say });
  const base = keyOf('base', ...packages.map(({ name, sha256 }) => `${name} ${sha256}`));
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const program = keyOf('node', JSON.stringify(lock.packages[`node_modules/node-${platform}`]));
  const dependencies = keyOf('dependencies', readAll(root, manifestFiles(root)));
  const stagedLayer = (name, layOut, more) => makeStagedLayer({ name, layOut, more, keyOf, layer, cache });
  const layers = [
    await layer('base', base, (directory) => layOutBase(packages, directory)),
    await layer('node', program, (directory) => layOutNode(directory, readNode), { mode: readable }),
    await layer('dependencies', dependencies, (directory) => layOutDependencies(directory, root), { mode: readable }),
    await stagedLayer('sallyport', (directory) => layOutSallyport(directory, root), { owned, owner }),
    await stagedLayer('downloads', (directory) => layOutDownloads(directory, { root, release, seconds })),
  ];
  return stage === 'development' ? [...layers, await stagedLayer('development', layOutDevelopment)] : layers;
}

/** Makes a layer of what takes seconds to make, so that its content is the key. */
async function makeStagedLayer({ name, layOut, more, keyOf, layer, cache }) {
  const staged = mkdtempSync(path.join(cache, 'staged-'));
  try {
    const notes = await layOut(staged);
    const copy = (directory) => {
      cpSync(staged, directory, { recursive: true, verbatimSymlinks: true });
      return notes;
    };
    return await layer(name, keyOf(name, digestOf(staged)), copy, { mode: readable, ...more });
  } finally {
    rmSync(staged, { recursive: true, force: true });
  }
}

async function makeLayer({ name, key, layOut, more, cache, say }) {
  const file = path.join(cache, `${name}-${key.slice(0, 16)}.tar.gz`);
  const note = `${file}.json`;
  if (existsSync(note) && existsSync(file)) return { ...JSON.parse(readFileSync(note, 'utf8')), name, file };
  say(`making the layer ${name} ...`);
  const work = mkdtempSync(path.join(cache, 'layer-'));
  try {
    const directory = path.join(work, name);
    mkdirSync(directory, { mode: 0o755 });
    const notes = await layOut(directory);
    const descriptor = await writeLayer({ directory, file: path.join(work, 'layer.tar.gz'), ...more });
    renameSync(path.join(work, 'layer.tar.gz'), file);
    // Renamed into place, because another build may look for it.
    writeFileSync(path.join(work, 'note.json'), JSON.stringify({ ...descriptor, ...notes }));
    renameSync(path.join(work, 'note.json'), note);
    return { ...descriptor, ...notes, name, file };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
