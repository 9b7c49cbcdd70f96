// Run by jest after the whole-system tests. Says which audit events were seen, and stops the beds that global-setup.ts
// started.
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { Bed } from '@sallyport/bed';
import { endAuditCounts } from './audit-counts.ts';

/** Prints the summary of the events, and stops the beds of this run, if this run started them. */
export default async function globalTeardown(): Promise<void> {
  process.stderr.write(`${endAuditCounts()}\n`);
  const beds = (globalThis as { sallyportBeds?: Bed[] }).sallyportBeds;
  if (!beds) return;
  await Promise.all(beds.map((bed) => bed.stop()));
  const file = process.env['SALLYPORT_BED_FILE'];
  if (file !== undefined) rmSync(path.dirname(file), { recursive: true, force: true });
}
