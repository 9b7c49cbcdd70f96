// Checks the layout of the sources, in addition to the linter: files do not import each other in a circle, types
// included, and no file imports from a folder above its own. `npm run lint` runs it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { root } from './bootstrap.mjs';

const relativeImport = /(?:\bfrom|\bimport\(|\bimport)\s*'(\.{1,2}\/[^']+)'/g;

/** Returns the relative imports of a source text, as paths from the root. Comments do not count. */
export function importsOf(file, text) {
  const code = text.replaceAll(/^\s*(?:\/\/|\*).*$/gm, '');
  return [...code.matchAll(relativeImport)].map(([, to]) => path.posix.join(path.posix.dirname(file), to));
}

/** Returns the imports from a folder above the importing file's own, as `from -> to`. */
export function upwardImports(graph) {
  return [...graph].flatMap(([from, imports]) =>
    imports
      .filter((to) => path.posix.dirname(from).startsWith(`${path.posix.dirname(to)}/`))
      .map((to) => `${from} -> ${to}`),
  );
}

/** Returns the circles of imports, each once, as `a -> b -> a`. */
export function circles(graph) {
  const found = [];
  const done = new Set();
  const visit = (file, trail) => {
    const at = trail.indexOf(file);
    if (at !== -1) {
      found.push([...trail.slice(at), file].join(' -> '));
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

function readGraph() {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.mjs'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  })
    .split('\n')
    .filter((file) => file !== '' && existsSync(path.join(root, file)));
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(path.join(root, file), 'utf8'))]));
}

if (import.meta.filename === process.argv[1]) {
  const graph = readGraph();
  const faults = [
    ...upwardImports(graph).map((fault) => `imports from a folder above: ${fault}`),
    ...circles(graph).map((fault) => `circular import: ${fault}`),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  else console.log(`Layout: ${graph.size} files, no circular imports, no imports from a folder above.`);
}
