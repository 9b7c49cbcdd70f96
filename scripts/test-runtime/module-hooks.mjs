// How test files load modules: by Node.js itself, from the TypeScript sources, without a build.
//
// Node.js keeps a module for the life of a process, and a worker runs many test files. What a test file and its test
// support keep in variables must begin anew in the next file, so their URLs carry the number of the file that loads them.
// Sources and dependencies are loaded once for each worker.
import { globSync, readFileSync } from 'node:fs';
import { createRequire, registerHooks, stripTypeScriptTypes } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.resolve(import.meta.dirname, '../..');
const rootUrl = pathToFileURL(`${root}/`).href;
const globalsUrl = 'sallyport-test:globals';
const globalNames = [
  'afterAll',
  'afterEach',
  'beforeAll',
  'beforeEach',
  'describe',
  'expect',
  'fdescribe',
  'fit',
  'it',
  'jest',
  'test',
  'xdescribe',
  'xit',
  'xtest',
];

/** By specifier, for example `@sallyport/stores/testing`: the URL of the source file that its package names. */
const sources = new Map(
  // What a build has left of a package that is gone does not count.
  globSync('packages/*/package.json', { cwd: root }).flatMap((file) => {
    const directory = path.join(root, path.dirname(file));
    const { name: specifier, exports = {} } = JSON.parse(readFileSync(path.join(directory, 'package.json'), 'utf8'));
    return Object.entries(exports)
      .filter(([, target]) => target.source !== undefined)
      .map(([subpath, { source }]) => [
        path.posix.join(specifier, subpath),
        pathToFileURL(path.join(directory, source)).href,
      ]);
  }),
);

const numbered = /\?file=(\d+)$/;
const isTestCode = (url) =>
  /\.(test|e2e|bed|pods|fuzz|slow)\.(ts|mjs)$|\/testing\//.test(url) || url.startsWith(`${rootUrl}test-e2e/src/`);
const isOwn = (url) => url.startsWith(rootUrl) && !url.includes('/node_modules/');

/** Returns the URL of a source of this repository, or undefined for what Node.js resolves. */
function resolveOwn(specifier, parentUrl) {
  if (/^\.{1,2}\/.*\.(ts|mjs)$/.test(specifier) && parentUrl !== undefined && isOwn(parentUrl))
    return new URL(specifier, parentUrl).href;
  return sources.get(specifier);
}

// The audit log patches kafkajs when it first loads it, and some tests want it as it was.
const patchedLibrary = /\/node_modules\/kafkajs\//;
const { cache } = createRequire(import.meta.url);

function forgetReplacedLibrary() {
  for (const file of Object.keys(cache)) if (patchedLibrary.test(file)) delete cache[file];
}

const globals = new Map();
let files = 0;

/** Returns what `@jest/globals` exports to the test file with the given number. */
export function globalsOf(file) {
  return globals.get(file);
}

/** By test support that every file loads anew: its JavaScript. */
const stripped = new Map();

/** Returns the JavaScript of a source. It keeps every line and column, so stack traces need no source map. */
function sourceOf(url) {
  const file = fileURLToPath(url);
  const known = stripped.get(file);
  if (known !== undefined) return known;
  const text = readFileSync(file, 'utf8');
  const source = file.endsWith('.ts') ? stripTypeScriptTypes(text) : text;
  if (numbered.test(url)) stripped.set(file, source);
  return source;
}

registerHooks({
  resolve(specifier, context, nextResolve) {
    const file = numbered.exec(context.parentURL ?? '')?.[1];
    if (specifier === '@jest/globals' && file !== undefined)
      return { url: `${globalsUrl}?file=${file}`, format: 'module', shortCircuit: true };
    const url = resolveOwn(specifier, context.parentURL);
    if (url === undefined) {
      const found = nextResolve(specifier, context);
      return specifier === 'kafkajs' && context.conditions.includes('import')
        ? { ...found, url: `${found.url}?file=${files}` }
        : found;
    }
    return {
      url: file !== undefined && isTestCode(url) ? `${url}?file=${file}` : url,
      format: 'module',
      shortCircuit: true,
    };
  },
  load(url, context, nextLoad) {
    if (url.startsWith(globalsUrl)) {
      const source = `import { globalsOf } from ${JSON.stringify(import.meta.url)};
export const { ${globalNames.join(', ')} } = globalsOf(${numbered.exec(url)[1]});`;
      return { format: 'module', source, shortCircuit: true };
    }
    if (!isOwn(url) || !/\.(ts|mjs)(\?|$)/.test(url)) return nextLoad(url, context);
    return { format: 'module', source: sourceOf(url), shortCircuit: true };
  },
});

/** Loads a test file, with the given exports of `@jest/globals`. */
export async function importTestFile(file, exportsOfJest) {
  // Until here, what the previous file loaded late found its own.
  globals.delete(files);
  files += 1;
  globals.set(files, exportsOfJest);
  forgetReplacedLibrary();
  await import(`${pathToFileURL(file).href}?file=${files}`);
}
