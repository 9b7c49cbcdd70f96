// Run by jest itself after the whole-system tests: it stops the bed that global-setup.ts started.
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Bed } from '@sallyport/bed';

/** Stops the bed of this run, if it was started here. */
export default async function globalTeardown(): Promise<void> {
  const bed = (globalThis as { sallyportBed?: Bed }).sallyportBed;
  if (!bed) return;
  await bed.stop();
  const file = process.env['SALLYPORT_BED_FILE'];
  if (file !== undefined) rmSync(path.dirname(file), { recursive: true, force: true });
}
