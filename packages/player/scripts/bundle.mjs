// Bundles the scripts of the pages of recordings for browsers, as texts that the gateway imports and serves.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { replaceFile } from '../../../scripts/bundle/replace-file.mjs';

const own = path.resolve(import.meta.dirname, '..');
const root = path.resolve(own, '../..');
const dist = path.join(own, 'dist');

const { outputFiles, metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['list', 'recording'].map((name) => path.join(own, `src/${name}-main.ts`)),
  outdir: dist,
  bundle: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2022',
  conditions: ['source'],
  minify: true,
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
});
const read = (file) => readFileSync(file, 'utf8');
const ofPlayer = fileURLToPath(import.meta.resolve('asciinema-player/dist/bundle/asciinema-player.css'));
const style = `${read(ofPlayer)}\n${read(path.join(own, 'src/recordings.css'))}`;
const textOf = (name) => outputFiles.find((file) => path.basename(file.path) === `${name}-main.js`).text;
const texts = { listScript: textOf('list'), recordingScript: textOf('recording'), style };
const text = Object.entries(texts)
  .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`)
  .join('');
replaceFile(dist, path.join(dist, 'page.js'), Buffer.from(text));

// The licenses of these packages are in a release.
const packages = Object.keys(metafile.inputs).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []);
const list = `${JSON.stringify([...new Set(packages)], null, 2)}\n`;
replaceFile(dist, path.join(dist, 'bundled-packages.json'), Buffer.from(list));
