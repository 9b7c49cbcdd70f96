// Bundles the services and the demo into dist/bundle of their packages, unless the bundles are newer than their sources.
import { readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { bundles } from './bundles.mjs';
import { replaceFile } from './replace-file.mjs';

const root = path.resolve(import.meta.dirname, '../..');

const changedAt = (file) => statSync(path.join(root, file), { throwIfNoEntry: false })?.mtimeMs;
const mainOf = (name) => `packages/${name}/dist/bundle/${Object.keys(bundles[name])[0]}.js`;

/** Is each bundle newer than what decides its content? The compiler updates .tsbuildinfo whenever it writes anything. */
function areFresh() {
  const compiled = readdirSync(path.join(root, 'packages')).map((name) => `packages/${name}/dist/.tsbuildinfo`);
  const recipe = readdirSync(import.meta.dirname).map((name) => `scripts/bundle/${name}`);
  const newest = Math.max(...[...compiled, ...recipe, 'package-lock.json'].map((file) => changedAt(file) ?? 0));
  return Object.keys(bundles).every((name) => (changedAt(mainOf(name)) ?? 0) > newest);
}

async function writeBundle(name, entries) {
  // Loaded only here, because most builds find everything fresh.
  const { bundlePackage } = await import('./bundle-package.mjs');
  const main = path.join(root, mainOf(name));
  const outdir = path.dirname(main);
  const { files, packages } = await bundlePackage({ root, entries, outdir });
  const list = {
    path: path.join(outdir, 'bundled-packages.json'),
    contents: Buffer.from(`${JSON.stringify(packages)}\n`),
  };
  // The program comes last, because it loads the others.
  const isMain = (file) => file.path === main;
  for (const file of [list, ...files.filter((one) => !isMain(one)), ...files.filter(isMain)])
    replaceFile(path.dirname(outdir), file.path, Buffer.from(file.contents));
  // Tells that the bundle is not older than what the compiler has written.
  utimesSync(main, new Date(), new Date());
  const made = new Set(['bundled-packages.json', ...files.map((file) => path.basename(file.path))]);
  for (const file of readdirSync(outdir)) if (!made.has(file)) rmSync(path.join(outdir, file), { force: true });
}

if (!areFresh()) await Promise.all(Object.entries(bundles).map(([name, entries]) => writeBundle(name, entries)));
