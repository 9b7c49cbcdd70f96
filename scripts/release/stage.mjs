// Lays out the files of the npm package and of the archives.
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { copyServe, forDevelopers } from '../../deploy/image/assemble.mjs';
import { platforms } from './platforms.mjs';

/** Extensions of PostgreSQL, which the embedded store does not use. */
const extension = /pglite\/dist\/[^/]*\.tar\.gz$/;

const windowsLauncher = '@"%~dp0..\\node\\node.exe" "%~dp0sallyport.js" %*\r\n';

function write(file, content, mode = 0o644) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, content);
  chmodSync(file, mode);
}

/** Copies the program: the two commands in bin, and the bundle in dist. */
function stageProgram(cli, directory, commands) {
  for (const name of commands)
    write(path.join(directory, 'bin', name), readFileSync(path.join(cli, 'bin', name)), 0o755);
  write(path.join(directory, 'dist', 'sallyport.mjs'), readFileSync(path.join(cli, 'dist', 'sallyport.mjs')));
  for (const name of readdirSync(path.join(cli, 'dist', 'parts')).filter((one) => one.endsWith('.mjs')))
    write(path.join(directory, 'dist', 'parts', name), readFileSync(path.join(cli, 'dist', 'parts', name)));
}

/** The package.json of the npm package. It has no dependencies, because the bundle contains them. */
function manifestOf(version) {
  return {
    name: 'sallyport',
    version,
    description: 'Log in to Kubernetes clusters through a Sallyport gateway.',
    license: 'Apache-2.0',
    type: 'module',
    bin: { sallyport: 'bin/sallyport.js', 'sallyport-exec-credential': 'bin/sallyport-exec-credential' },
    man: ['man/sallyport.1'],
    files: ['bin', 'dist', 'man', 'THIRD-PARTY-LICENSES'],
    engines: { node: '>=20.12' },
  };
}

/**
 * Lays out the npm package. `cli` is the directory of the built command line, and `texts` are the files that a release
 * adds: `license`, `licenses` (of the packages in the bundle), `readme`, `man` and `connectorUnit` (for systemd).
 */
export function stagePackage({ cli, directory, version, texts }) {
  stageProgram(cli, directory, ['sallyport.js', 'sallyport-exec-credential']);
  write(path.join(directory, 'package.json'), `${JSON.stringify(manifestOf(version), null, 2)}\n`);
  write(path.join(directory, 'man', 'sallyport.1'), texts.man);
  stageTexts(directory, texts);
}

function stageTexts(directory, texts) {
  write(path.join(directory, 'LICENSE'), texts.license);
  write(path.join(directory, 'THIRD-PARTY-LICENSES'), texts.licenses);
  write(path.join(directory, 'README.md'), texts.readme);
}

/** Lays out what `sallyport serve` runs: its bundle, the packages that it finds beside it, and a unit for systemd. */
function stageServe({ source, packages, unit }, directory) {
  copyServe(source, path.join(directory, 'serve'));
  for (const [name, from] of Object.entries(packages))
    cpSync(from, path.join(directory, 'serve/node_modules', name), {
      recursive: true,
      filter: (file) => !forDevelopers.test(file) && !extension.test(file),
    });
  write(path.join(directory, 'systemd/sallyport.service'), unit);
}

/** Lays out the files of one version with its own Node.js. `node` is its program and license for the platform. */
function stageVersion({ cli, directory, platform, node, texts, serve, hasLinks = true }) {
  const windows = platform.startsWith('windows-');
  stageProgram(cli, directory, windows ? ['sallyport.js'] : ['sallyport.js', 'sallyport-exec-credential']);
  // The package.json makes Node.js read bin/sallyport.js as a module.
  write(path.join(directory, 'package.json'), '{ "type": "module" }\n');
  if (windows) write(path.join(directory, 'bin', 'sallyport.cmd'), windowsLauncher);
  else if (hasLinks) symlinkSync('sallyport-exec-credential', path.join(directory, 'bin', 'sallyport'));
  const { program } = platforms[platform];
  write(path.join(directory, 'node', windows ? program : `bin/${program}`), node.node, 0o755);
  write(path.join(directory, 'node', 'LICENSE'), node.license);
  if (serve) stageServe(serve, directory);
  if (platform.startsWith('linux-'))
    write(path.join(directory, 'systemd/sallyport-connector.service'), texts.connectorUnit);
  // man(1) looks here for a program in ../bin on the PATH.
  if (!windows) write(path.join(directory, 'share', 'man', 'man1', 'sallyport.1'), texts.man);
  stageTexts(directory, texts);
}

/**
 * Lays out a self-contained archive. Each version has a directory of its own, to which everything else leads through the
 * link `current`, so that an upgrade replaces one link. Windows has no such links for users without further rights, and
 * without `hasLinks`, there are none elsewhere. With `serve`, it is that of a gateway: `source` is the built repository,
 * `packages` are the directories of the packages that stay outside its bundle, and `unit` is the text of its unit for
 * systemd.
 */
export function stageArchive({ directory, version, ...parts }) {
  if (parts.platform.startsWith('windows-') || parts.hasLinks === false) return stageVersion({ directory, ...parts });
  const own = path.join('versions', version);
  stageVersion({ directory: path.join(directory, own), ...parts });
  symlinkSync(own, path.join(directory, 'current'));
  for (const name of ['bin', 'share', 'LICENSE', 'README.md', 'THIRD-PARTY-LICENSES'])
    symlinkSync(path.join('current', name), path.join(directory, name));
}
