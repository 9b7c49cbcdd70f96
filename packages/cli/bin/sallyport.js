#!/usr/bin/env node
// Starts the program: the bundle, or in a clone the output of the compiler if that is newer.
import { statSync } from 'node:fs';
import process from 'node:process';

// 20.12 is the first with crypto.hash.
const oldest = [20, 12];
const [major, minor] = process.versions.node.split('.').map(Number);
const changedAt = (name) => statSync(new URL(name, import.meta.url), { throwIfNoEntry: false })?.mtimeMs;

// The compiler updates this file whenever it writes anything.
const [bundle, compiled] = [changedAt('../dist/sallyport.mjs'), changedAt('../dist/.tsbuildinfo')];

if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
  console.error(
    `sallyport: this program needs Node.js ${oldest.join('.')} or newer, but this is ${process.versions.node}\n  Install a current Node.js from https://nodejs.org, or use the archive of this program, which contains one.`,
  );
  process.exitCode = 1;
} else if (bundle === undefined && compiled === undefined) {
  console.error('sallyport: the program has not been built\n  To build it, run: npm run build');
  process.exitCode = 1;
} else {
  await import(bundle !== undefined && bundle >= (compiled ?? 0) ? '../dist/sallyport.mjs' : '../dist/main.js');
}
