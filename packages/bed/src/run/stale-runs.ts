import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Progress } from './progress.ts';
import { endProcess, type ProcessRecord } from './managed-process.ts';
import { mountsBelow } from './mounts.ts';
import { isAlive, type ProcessIdentity } from './process-identity.ts';
import { defaultRunBase, type Run } from './run-directory.ts';

/** Removes what a run has outside its directory and its recorded processes. May be called again. */
export type RemainsCleaner = (run: Run) => Promise<void>;

/** Returns the runs in `base` whose process is gone. */
export function staleRuns(base: string = defaultRunBase()): Run[] {
  if (!existsSync(base)) return [];
  return readdirSync(base, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^[a-z2-7]{6}$/.test(entry.name))
    .map((entry) => ({ id: entry.name, directory: path.join(path.resolve(base), entry.name) }))
    .filter((run) => !ownerLives(run));
}

/** Removes what crashed runs in `base` left behind. Returns their ids. */
export async function sweepStaleRuns(
  clean: RemainsCleaner,
  options: { base?: string; onProgress?: Progress } = {},
): Promise<string[]> {
  const runs = staleRuns(options.base);
  for (const run of runs) {
    options.onProgress?.(`removing what run ${run.id} left behind`);
    await removeRun(run, clean);
  }
  return runs.map((run) => run.id);
}

/** Ends the processes of the run, youngest first, removes its remains and deletes its directory. */
export async function removeRun(run: Run, clean: RemainsCleaner): Promise<void> {
  const records = processRecords(run).toSorted((a, b) => Number(b.startedAt) - Number(a.startedAt));
  for (const record of records) await endProcess({ ...record, graceMs: Math.min(record.graceMs, 5_000) });
  await clean(run);
  const mounts = mountsBelow(run.directory);
  // Deleting a directory with a mount would delete the contents of the mount.
  if (mounts.length > 0) throw new Error(`${run.directory} still has mounts: ${mounts.join(', ')}`);
  rmSync(run.directory, { recursive: true, force: true });
}

// The owner file is written right after the directory is created. A directory without it belongs to a run that is just
// starting, or that died in that moment and contains nothing.
function ownerLives(run: Run): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(path.join(run.directory, 'owner.json'), 'utf8')) as ProcessIdentity);
  } catch {
    return true;
  }
}

function processRecords(run: Run): ProcessRecord[] {
  const directory = path.join(run.directory, 'processes');
  if (!existsSync(directory)) return [];
  return readdirSync(directory).flatMap((file) => {
    try {
      return [JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as ProcessRecord];
    } catch {
      return [];
    }
  });
}
