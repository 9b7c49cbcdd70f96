import { appendFileSync, existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { describe } from '@jest/globals';

const isThere = (program: string) =>
  (process.env.PATH ?? '').split(path.delimiter).some((directory) => existsSync(path.join(directory, program)));

/** A `describe` that needs a program. Without it, the tests are skipped and reported, which fails the run in CI. */
export function describeWithProgram(program: string, title: string, tests: () => void): void {
  if (isThere(program)) {
    describe(title, tests);
    return;
  }
  const file = process.env.SALLYPORT_SKIPS;
  if (file !== undefined)
    appendFileSync(file, `${JSON.stringify({ what: title, why: `${program} is not installed` })}\n`);
  describe.skip(title, tests);
}
