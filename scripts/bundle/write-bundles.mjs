// Bundles the services, the demo and the small gateway into their packages, unless the bundles are newer than their sources.
import { existsSync, readFileSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { bundleDirectory, bundles } from './bundles.mjs';
import { replaceFile } from './replace-file.mjs';

const root = path.resolve(import.meta.dirname, '../..');

const changedAt = (file) => statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs;
const mainOf = (name) => `${bundleDirectory(name)}/${Object.keys(bundles[name])[0]}.js`;

/** The files besides the sources that decide what is in a bundle. */
const recipe = [
  'package-lock.json',
  ...readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}/package.json`),
  ...readdirSync(import.meta.dirname).map((name) => `scripts/bundle/${name}`),
];

/** Reports whether a bundle is newer than its sources, and than what else decides its content. */
function isFresh(name) {
  const main = mainOf(name);
  const list = path.join(root, path.dirname(main), 'sources.json');
  const made = changedAt(main);
  if (made === undefined || !existsSync(list)) return false;
  const sources = JSON.parse(readFileSync(list, 'utf8'));
  return [...recipe, ...sources].every((file) => (changedAt(file) ?? Infinity) <= made);
}

async function writeBundle(name, entries) {
  // Loaded only here, because many builds find everything fresh.
  const { bundlePackage } = await import('./bundle-package.mjs');
  const main = path.join(root, mainOf(name));
  const outdir = path.dirname(main);
  const { files, packages, sources } = await bundlePackage({ root, entries, outdir });
  const list = (file, names) => ({ path: path.join(outdir, file), contents: `${JSON.stringify(names)}\n` });
  const lists = [list('bundled-packages.json', packages), list('sources.json', sources)];
  // The program comes last, because it loads the others.
  const isMain = (file) => file.path === main;
  const all = [...lists, ...files.filter((one) => !isMain(one)), ...files.filter(isMain)];
  for (const file of all) replaceFile(path.dirname(outdir), file.path, Buffer.from(file.contents));
  const made = new Set(all.map((file) => path.basename(file.path)));
  for (const file of readdirSync(outdir)) if (!made.has(file)) rmSync(path.join(outdir, file), { force: true });
}

async function updateBundle(name, entries) {
  // A source that changes while esbuild reads it is newer than this.
  const began = new Date();
  if (!isFresh(name)) await writeBundle(name, entries);
  // Tells that the bundle is not older than what the compiler has written.
  utimesSync(path.join(root, mainOf(name)), began, began);
}

await Promise.all(Object.entries(bundles).map(([name, entries]) => updateBundle(name, entries)));
