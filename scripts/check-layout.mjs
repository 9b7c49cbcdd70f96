// Checks the layout of the sources, in addition to the linter: neither files nor folders import each other in a circle,
// types included, and no file imports from a folder above its own. `npm run lint` runs it.
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

const isTest = (file) =>
  /\.(?:test|conformance|suite|bed|pods|e2e|fuzz|slow)\.(?:ts|mjs)$/.test(file) || file.includes('/testing/');

/**
 * Returns what the folders inside each folder import of each other: folder -> folder -> the imports between the files
 * below them, as `from -> to`. Tests may import as they like. The root has no order: scripts build the packages, and
 * packages build with scripts.
 */
export function folderGraph(graph) {
  const between = new Map();
  for (const [from, imports] of graph) {
    if (isTest(from)) continue;
    for (const to of imports) {
      const [ours, theirs] = siblingFolders(from, to);
      if (ours === undefined) continue;
      if (!between.has(ours)) between.set(ours, new Map());
      const targets = between.get(ours);
      targets.set(theirs, [...(targets.get(theirs) ?? []), `${from} -> ${to}`]);
    }
  }
  return between;
}

/** Returns the two folders, inside the same folder, that these files are below. Empty where one is in that folder. */
function siblingFolders(from, to) {
  const [ours, theirs] = [from.split('/'), to.split('/')];
  const depth = ours.findIndex((part, at) => part !== theirs[at]);
  if (depth < 1 || depth >= ours.length - 1 || depth >= theirs.length - 1) return [];
  return [ours, theirs].map((parts) => parts.slice(0, depth + 1).join('/'));
}

/** Returns a shortest circle through each folder that is in one, each circle once, as the folders in their order. */
export function folderCircles(between) {
  const found = new Map();
  for (const start of between.keys()) {
    const circle = shortestWay(between, start);
    const key = circle?.toSorted().join(' ');
    if (key !== undefined && !found.has(key)) found.set(key, circle);
  }
  return [...found.values()];
}

/** Returns the folders on a shortest way from a folder back to itself. */
function shortestWay(between, start) {
  const cameFrom = new Map();
  const waiting = [start];
  for (const folder of waiting) {
    for (const next of between.get(folder)?.keys() ?? []) {
      if (next === start) {
        const way = [folder];
        while (way[0] !== start) way.unshift(cameFrom.get(way[0]));
        return way;
      }
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, folder);
      waiting.push(next);
    }
  }
  return undefined;
}

const shown = 8;

/** Returns a circle of folders as lines: the circle, then under each of its steps the imports that make it. */
export function describeFolderCircle(circle, between) {
  const names = circle.map((folder) => path.posix.basename(folder));
  const steps = circle.flatMap((folder, at) => {
    const next = circle[(at + 1) % circle.length];
    const imports = between.get(folder).get(next);
    const rest = imports.length > shown ? [`    and ${imports.length - shown} more`] : [];
    return [`  ${folder} -> ${next}`, ...imports.slice(0, shown).map((one) => `    ${one}`), ...rest];
  });
  return [`circle of folders in ${path.posix.dirname(circle[0])}: ${[...names, names[0]].join(' -> ')}`, ...steps];
}

function folderFaults(graph) {
  const between = folderGraph(graph);
  return folderCircles(between).flatMap((circle) => describeFolderCircle(circle, between));
}

function readGraph() {
  const files = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.tsx', '*.mjs'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 16 * 1024 * 1024,
    },
  )
    .split('\n')
    .filter((file) => file !== '' && existsSync(path.join(root, file)));
  return new Map(files.map((file) => [file, importsOf(file, readFileSync(path.join(root, file), 'utf8'))]));
}

if (import.meta.filename === process.argv[1]) {
  const graph = readGraph();
  const faults = [
    ...upwardImports(graph).map((fault) => `imports from a folder above: ${fault}`),
    ...circles(graph).map((fault) => `circular import: ${fault}`),
    ...folderFaults(graph),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
  else console.log(`Layout: ${graph.size} files, no circle of files or folders, no imports from a folder above.`);
}
