// Bundles the console for browsers, as texts that the gateway imports and serves.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'vite';
import { replaceFile } from '../../../scripts/bundle/replace-file.mjs';

const own = path.resolve(import.meta.dirname, '..');
const root = path.resolve(own, '../..');
const dist = path.join(own, 'dist');

const { output } = await build({
  root: own,
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: 'warn',
  resolve: { conditions: ['source', 'browser', 'module', 'import', 'default'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    write: false,
    target: 'es2022',
    modulePreload: false,
    rolldownOptions: {
      input: path.join(own, 'src/console-main.tsx'),
      // A script that is not a module needs no loader.
      output: { format: 'iife' },
    },
  },
});
const [chunk, ...more] = output.filter(({ type }) => type === 'chunk');
if (more.length > 0) throw new Error('the console is more than one script');
const style = readFileSync(path.join(own, 'src/console.css'), 'utf8');
const text = Object.entries({ script: chunk.code, style })
  .map(([name, value]) => `export const ${name} = ${JSON.stringify(value)};\n`)
  .join('');
replaceFile(dist, path.join(dist, 'page.js'), Buffer.from(text));

// The licenses of these packages are in a release.
const packages = chunk.moduleIds.flatMap(
  (file) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path.relative(root, file)) ?? [],
);
const list = `${JSON.stringify([...new Set(packages)], null, 2)}\n`;
replaceFile(dist, path.join(dist, 'bundled-packages.json'), Buffer.from(list));
