import { existsSync, readFileSync } from 'node:fs';
import { createRequire, isBuiltin } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { externalPackages, externalWhenLoadedLater } from './bundles.mjs';
import { missingPrograms } from './missing-programs.mjs';
import { oneCopy } from './one-copy.mjs';

// CommonJS packages in an ES module need `require`, and some of them `__dirname`. A package whose URL a service asks for
// is the file of that name in the bundle.
const banner = `import { createRequire as __createRequire } from 'node:module';
const require = __createRequire(import.meta.url);
const __dirname = import.meta.dirname;
const __resolveOwn = (name) => import.meta.resolve(name.replace(/^@sallyport\\/(.+)$/, './$1.js'));`;

const loadLater = {
  name: 'load-later',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^@sallyport\// }, ({ kind, path: name }) =>
      kind === 'dynamic-import' && externalWhenLoadedLater.includes(name) ? { path: name, external: true } : undefined,
    ),
};

/**
 * Bundles a program for Node.js 24. `entries` are its sources by the names of the files. Names and lines stay as they are,
 * so that stack traces can be read, and classes keep their names. Returns the files, the packages of others in them by
 * their directories, and the sources of ours. Fails if a file that the program starts by path would be missing, or a
 * package that would have to be installed.
 */
export async function bundlePackage({ root, entries, outdir }) {
  const { outputFiles, metafile } = await build({
    // Names of files in the output are relative to it.
    absWorkingDir: root,
    entryPoints: entries,
    outdir,
    bundle: true,
    splitting: true,
    chunkNames: '[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    conditions: ['source'],
    external: externalPackages,
    plugins: [loadLater, oneCopy],
    define: { 'import.meta.resolve': '__resolveOwn' },
    banner: { js: banner },
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  const sources = usedInputs(metafile).filter((file) => file.startsWith('packages/'));
  const texts = sources.map((file) => [file, readFileSync(path.join(root, file), 'utf8')]);
  const missing = missingPrograms(texts, Object.keys(entries));
  const foreign = missingPackages(metafile, path.join(outdir, 'main.js'));
  if (missing.length > 0 || foreign.length > 0)
    throw new Error(`the bundle in ${outdir} is incomplete:\n${[...missing, ...foreign].join('\n')}`);
  // Those that are left out of the bundle may be in it after a change.
  const read = Object.keys(metafile.inputs).filter((file) => !file.includes('node_modules/'));
  return {
    files: outputFiles,
    packages: [...new Set([...packagesIn(metafile), ...packagesInside(root, sources)])],
    sources: read,
  };
}

/** Returns the packages that the bundle imports, but neither contains nor finds. A `require` within a `try` may fail. */
function missingPackages({ outputs }, main) {
  const imported = Object.values(outputs)
    .flatMap((one) => one.imports)
    .filter(({ external, kind, path: name }) => external && kind !== 'require-call' && !isBuiltin(name));
  const { resolve } = createRequire(main);
  const outside = [...externalPackages, ...externalWhenLoadedLater];
  const isOutside = (name) => outside.some((one) => name === one || name.startsWith(`${one}/`));
  return imported
    .filter(({ path: name }) => !isOutside(name) || !isFound(resolve, name))
    .map(({ path: name }) => `${name} is imported, but neither in the bundle nor found from it`);
}

function isFound(resolve, name) {
  try {
    return resolve(name) !== undefined;
  } catch {
    return false;
  }
}

/** Returns the files whose code is in a bundle. */
function usedInputs({ outputs }) {
  const inputs = Object.values(outputs).flatMap((one) => Object.entries(one.inputs));
  return inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([file]) => file);
}

/** Returns the packages in what a package of ours has bundled itself, as the script of pages is. */
const packagesInside = (root, sources) =>
  sources.flatMap((file) => {
    const list = path.join(root, path.dirname(file), 'bundled-packages.json');
    return path.basename(path.dirname(file)) === 'dist' && existsSync(list)
      ? JSON.parse(readFileSync(list, 'utf8'))
      : [];
  });

const packagesIn = (metafile) => [
  ...new Set(usedInputs(metafile).flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? [])),
];
