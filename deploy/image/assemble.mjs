// Puts together the content of the image, the same for the Dockerfile and for `npm run image`. Needs only Node.js 18.
//   node assemble.mjs install-arguments SOURCE      prints the arguments of `npm ci`
//   node assemble.mjs dependencies SOURCE TARGET    copies what `npm ci` has installed
//   node assemble.mjs packages SOURCE TARGET        copies our own programs, which are bundles
import { cpSync, existsSync, mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { installArguments, servicePackages, programs } from './packages.mjs';

/** Copies a tree. `wanted` gets the path of each file, with slashes. Symbolic links keep their targets. */
function copyTree(from, to, wanted) {
  const filter = (file) => {
    const name = path.relative(from, file).split(path.sep).join('/');
    return name === '' || wanted(name, file);
  };
  cpSync(from, to, { recursive: true, verbatimSymlinks: true, filter });
}

const isDirectory = (file) => existsSync(file) && statSync(file).isDirectory();

/** Only compilers and debuggers read these. */
export const forDevelopers = /\.(?:map|[cm]?ts|md|tsbuildinfo)$/;
const leftOut = new Set(['.bin', '.package-lock.json']);

/** Copies the installed packages, next to ours where their versions differ. */
export function copyDependencies(source, target) {
  const places = ['', ...servicePackages(source).map((name) => path.join('packages', name))];
  for (const place of places) {
    const from = path.join(source, place, 'node_modules');
    if (!isDirectory(from)) continue;
    mkdirSync(path.join(target, place), { recursive: true });
    copyTree(from, path.join(target, place, 'node_modules'), (name, file) => {
      const base = path.posix.basename(name);
      return !leftOut.has(base) && (!forDevelopers.test(base) || isDirectory(file));
    });
  }
}

/**
 * Copies the bundles of the services and the connector, that of the command line with the script that starts it, and
 * beside it that of `sallyport serve`. The command finds its own directory by that script.
 */
export function copyPackages(source, target) {
  for (const name of [...programs, 'cli']) {
    const [from, to] = [source, target].map((base) => path.join(base, 'packages', name));
    mkdirSync(to, { recursive: true });
    cpSync(path.join(from, 'package.json'), path.join(to, 'package.json'));
    copyTree(path.join(from, 'dist'), path.join(to, 'dist'), name === 'cli' ? isOfCommand : isOfService);
  }
  cpSync(path.join(source, 'packages/cli/bin/sallyport.js'), path.join(target, 'packages/cli/bin/sallyport.js'));
  copyServe(source, path.join(target, 'packages/cli/serve'));
}

/** Copies the bundle of `sallyport serve`. */
export const copyServe = (source, target) =>
  copyTree(path.join(source, 'packages/standalone/dist/bundle-serve'), target, (name) =>
    /^[\w-]*(?:\.js)?$/.test(name),
  );

const isOfCommand = (name) => name === 'sallyport.mjs' || name === 'parts' || /^parts\/.*\.mjs$/.test(name);
const isOfService = (name) => name === 'bundle' || /^bundle\/.*\.js$/.test(name);

const commands = {
  'install-arguments': ([source]) => process.stdout.write(`${installArguments(source).join(' ')}\n`),
  dependencies: ([source, target]) => copyDependencies(source, target),
  packages: ([source, target]) => copyPackages(source, target),
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [command, ...directories] = process.argv.slice(2);
  if (!Object.hasOwn(commands, command)) {
    process.stderr.write(`assemble: unknown command "${command}". Commands: ${Object.keys(commands).join(', ')}\n`);
    process.exit(2);
  }
  commands[command](directories);
}
