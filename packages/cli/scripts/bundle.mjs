// Bundles the program into one file that starts fast. Code that only some commands need goes into separate files.
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const parts = path.join(root, 'dist', 'parts');
// The Node.js build of yaml is CommonJS, whose named exports are lost in a chunk that is loaded later. Its browser
// build is the same code as an ES module.
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
  // CommonJS packages in an ES module need require.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
};

// Built separately. Otherwise every command would load all the code that it shares with the program (zod).
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
const separate = await build({
  ...common,
  entryPoints: [path.join(root, 'src', 'config', `${apart}.ts`)],
  outdir: parts,
  splitting: true,
  chunkNames: '[name]-[hash]',
});

// Delete the chunks of earlier builds.
const made = new Set(
  [program, separate].flatMap(({ metafile }) => Object.keys(metafile.outputs)).map((file) => path.basename(file)),
);
for (const name of readdirSync(parts)) if (!made.has(name)) rmSync(path.join(parts, name));
