// Makes the program one file that starts fast, with what only some commands need in files of their own beside it.
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const parts = path.join(root, 'dist', 'parts');
// For Node.js yaml is CommonJS, whose names are lost in a part that is loaded later; its other build is the same code
// as an ES module.
const yaml = path.join(path.dirname(fileURLToPath(import.meta.resolve('yaml/package.json'))), 'browser', 'index.js');
const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  conditions: ['source'],
  alias: { yaml },
  outExtension: { '.js': '.mjs' },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
  // CommonJS packages in an ES module ask for require.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
};

// Built apart: what it shares with the program (zod) would otherwise be loaded by every command, and whole.
const apart = 'gateway-config';
const keepApart = {
  name: 'keep-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: new RegExp(`/${apart}\\.ts$`) }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: `./${apart}.mjs`, external: true } : undefined,
    ),
};

const program = await build({
  ...common,
  entryPoints: [{ in: path.join(root, 'src/main.ts'), out: 'sallyport' }],
  outdir: path.join(root, 'dist'),
  splitting: true,
  chunkNames: 'parts/[name]-[hash]',
  plugins: [keepApart],
});
const besides = await build({
  ...common,
  entryPoints: [path.join(root, 'src', 'config', `${apart}.ts`)],
  outdir: parts,
  splitting: true,
  chunkNames: '[name]-[hash]',
});

// Parts of earlier builds are of no use to anyone.
const made = new Set(
  [program, besides].flatMap(({ metafile }) => Object.keys(metafile.outputs)).map((file) => path.basename(file)),
);
for (const name of readdirSync(parts)) if (!made.has(name)) rmSync(path.join(parts, name));
