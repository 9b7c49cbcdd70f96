import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { ServiceName } from '@sallyport/contracts';

const packages = path.resolve(import.meta.dirname, '../../..');

const changedAt = (...names: string[]) =>
  statSync(path.join(packages, ...names), { throwIfNoEntry: false })?.mtimeMs ?? 0;

/**
 * Returns the program of a service: its bundle, or the output of the compiler if that of any package is newer, because
 * only the compiler has run.
 */
export function serviceProgram(name: ServiceName): string {
  // The compiler updates .tsbuildinfo whenever it writes anything.
  const compiled = Math.max(...readdirSync(packages).map((one) => changedAt(one, 'dist/.tsbuildinfo')));
  const program = changedAt(name, 'dist/bundle/main.js') >= compiled ? 'dist/bundle/main.js' : 'dist/main.js';
  return path.join(packages, name, program);
}
