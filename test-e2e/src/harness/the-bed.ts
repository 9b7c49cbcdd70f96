import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { describe } from '@jest/globals';
import { attachBed, type AttachedBed, type BedDescription, type BedNeed } from '@sallyport/bed';
import { bedFileOf } from './bed-file.ts';

/** The environment variable with the file that describes the bed of this run. */
const bedFileVariable = 'SALLYPORT_BED_FILE';
/** The environment variable with the file for skips, one `{what, why}` per line. */
const skipsVariable = 'SALLYPORT_SKIPS';

let attached: AttachedBed | undefined;

/** Returns the bed of this run, for this worker. */
export function theBed(): AttachedBed {
  if (attached) return attached;
  const file = process.env[bedFileVariable];
  if (file === undefined)
    throw new Error(`no bed: ${bedFileVariable} is not set. Run the whole-system tests with "npm run test:e2e"`);
  // scripts/side-by-side.mjs numbers the worker that jest would give the number of another.
  const worker = process.env['SALLYPORT_TEST_LANE'] ?? process.env['JEST_WORKER_ID'] ?? '1';
  const own = bedFileOf(file, worker);
  attached = attachBed(JSON.parse(readFileSync(existsSync(own) ? own : file, 'utf8')) as BedDescription);
  return attached;
}

/** Returns the directory for the files of this run. The process that started the run removes it. */
export function runDirectory(): string {
  const file = process.env[bedFileVariable];
  return file === undefined ? tmpdir() : path.dirname(file);
}

/** Records that something was not tested. */
export function noteSkip(what: string, why: string): void {
  process.stderr.write(`skipped: ${what}: ${why}\n`);
  const file = process.env[skipsVariable];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ what, why })}\n`);
}

/**
 * A `describe` that needs real components. If the machine cannot have them, it is skipped and reported. With CI=true it
 * fails instead.
 */
export function describeWith(needed: readonly BedNeed[], title: string, tests: () => void): void {
  const lacking = theBed().missing.filter((each) => needed.includes(each.missing as BedNeed));
  if (lacking.length === 0) {
    describe(title, tests);
    return;
  }
  const why = lacking.map((each) => `${each.missing}: ${each.why}. ${each.hint}`).join('; ');
  if (process.env['CI'] === 'true') throw new Error(`"${title}" cannot be tested on this machine: ${why}`);
  noteSkip(title, why);
  describe.skip(title, tests);
}
