// Bundles the program, for Node.js 20 and newer, into one file that starts fast. Code that only some commands need goes into separate files.
import { readdirSync, rmSync, utimesSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { replaceFile } from '../../../scripts/bundle/replace-file.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
// The Node.js build of yaml is CommonJS, whose named exports are lost in a chunk that is loaded later. Its browser
// build is the same code as an ES module.
const yaml = path.join(path.dirname(fileURLToPath(import.meta.resolve('yaml/package.json'))), 'browser', 'index.js');
const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.12',
  conditions: ['source'],
  alias: { yaml },
  outExtension: { '.js': '.mjs' },
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  write: false,
  logLevel: 'warning',
  // CommonJS packages in an ES module need require.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
};

// The reader of kubeconfigs imports the API client that the same package generates, and undici, which needs Node.js 22.
// This program uses neither.
const withoutApiClient = {
  name: 'without-api-client',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^undici$|^\.\/gen\/index\.js$/ }, ({ importer }) =>
      importer.includes('/@kubernetes/client-node/')
        ? { path: path.join(root, 'scripts', 'no-api-client.mjs') }
        : undefined,
    ),
};

// Built separately. Otherwise every command would load all the code that they share with the program (zod).
const apart = { 'gateway-config': 'config', 'serve-mcp': 'mcp/protocol' };
const apartNames = Object.keys(apart);
const keepApart = {
  name: 'keep-apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: new RegExp(`/(?:${apartNames.join('|')})\\.ts$`) }, ({ kind, path: imported }) =>
      kind === 'dynamic-import' ? { path: `./${path.basename(imported, '.ts')}.mjs`, external: true } : undefined,
    ),
};

/**
 * Bundles the program into the directory `dist`. A release accepts upgrades that are signed with one of `releaseKeys`
 * (lines in base64, as in minisign.pub). Without any, the program is a development build, and accepts none.
 */
export async function bundleProgram(dist, releaseKeys = []) {
  const parts = path.join(dist, 'parts');
  const define = { __SALLYPORT_RELEASE_KEYS__: JSON.stringify(releaseKeys.join(' ')) };
  const program = await build({
    ...common,
    define,
    entryPoints: [{ in: path.join(root, 'src/main.ts'), out: 'sallyport' }],
    outdir: dist,
    splitting: true,
    chunkNames: 'parts/[name]-[hash]',
    plugins: [keepApart, withoutApiClient],
  });
  const separate = await build({
    ...common,
    define,
    entryPoints: apartNames.map((name) => ({ in: path.join(root, 'src', apart[name], `${name}.ts`), out: name })),
    outdir: parts,
    splitting: true,
    chunkNames: '[name]-[hash]',
  });

  // The program comes last, because it loads the others.
  const files = [...separate.outputFiles, ...program.outputFiles];
  const isChunk = (file) => path.dirname(file.path) === parts;
  for (const file of [...files.filter(isChunk), ...files.filter((one) => !isChunk(one))])
    replaceFile(dist, file.path, Buffer.from(file.contents));

  // bin/sallyport.js runs what the compiler has written if that is newer.
  utimesSync(path.join(dist, 'sallyport.mjs'), new Date(), new Date());

  const outputs = Object.assign({}, ...[program, separate].map(({ metafile }) => metafile.outputs));

  // Delete the chunks of earlier builds.
  const made = new Set(Object.keys(outputs).map((file) => path.basename(file)));
  for (const name of readdirSync(parts)) if (!made.has(name)) rmSync(path.join(parts, name));

  // A release contains the licenses of these packages.
  const inputs = Object.values(outputs).flatMap((one) => Object.entries(one.inputs));
  const used = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => path.resolve(file));
  const packages = used.flatMap((file) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file) ?? []);
  const directories = [...new Set(packages)]
    .map((one) => path.relative(path.join(root, '..', '..'), one))
    .toSorted((one, other) => one.localeCompare(other));
  replaceFile(dist, path.join(dist, 'bundled-packages.json'), Buffer.from(`${JSON.stringify(directories, null, 2)}\n`));
}

if (fileURLToPath(import.meta.url) === process.argv[1]) await bundleProgram(path.join(root, 'dist'));
