import { appendFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe } from '@jest/globals';

export const isOnPath = (program: string): boolean =>
  (process.env.PATH ?? '').split(path.delimiter).some((directory) => existsSync(path.join(directory, program)));

/**
 * Registers tests that need programs. If the machine does not have one of them, the tests are skipped, and the run
 * reports it. With CI=true they fail instead.
 */
export function describeWithPrograms(programs: readonly string[], title: string, tests: () => void): void {
  const missing = programs.filter((program) => !isOnPath(program));
  if (missing.length === 0) return describe(title, tests);
  const why = `missing on this machine: ${missing.join(', ')}`;
  if (process.env.CI === 'true') throw new Error(`"${title}" cannot be tested: ${why}`);
  process.stderr.write(`skipped: ${title}: ${why}\n`);
  const file = process.env.SALLYPORT_SKIPS;
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what: title, why })}\n`);
  describe.skip(title, tests);
}
