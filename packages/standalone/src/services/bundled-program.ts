import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ServiceName } from '@sallyport/contracts';

const packages = path.resolve(import.meta.dirname, '../../..');

const changedAt = (...names: string[]) =>
  statSync(path.join(packages, ...names), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * Returns a program of a package: its bundle, or the output of the compiler if that of any package is newer, because only
 * the compiler has run.
 */
function bundledProgram(name: string, file: string): string {
  // The compiler updates .tsbuildinfo whenever it writes anything.
  const compiled = Math.max(...readdirSync(packages).map((one) => changedAt(one, 'dist/.tsbuildinfo')));
  const bundle = path.join('dist/bundle', file);
  return path.join(packages, name, changedAt(name, bundle) >= compiled ? bundle : path.join('dist', file));
}

/** Returns the program of a service or of the connector. */
export const serviceProgram = (name: ServiceName | 'connector'): string => bundledProgram(name, 'main.js');

/** Returns the program of the demo. */
export const demoProgram = (): string => bundledProgram('standalone', 'demo-main.js');
