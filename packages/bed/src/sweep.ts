import { removeNodeRemains } from './node/node-remains.ts';
import type { Progress } from './run/progress.ts';
import { takeMachineLock } from './run/machine-lock.ts';
import { defaultRunBase } from './run/run-directory.ts';
import { staleRuns, sweepStaleRuns } from './run/stale-runs.ts';

/** Removes what crashed runs left behind, in the default directory and in `base`. Returns their ids. */
export async function sweep(options: { base?: string; onProgress?: Progress } = {}): Promise<string[]> {
  const bases = [...new Set([defaultRunBase(), options.base ?? defaultRunBase()])];
  if (bases.every((base) => staleRuns(base).length === 0)) return [];
  const lock = await takeMachineLock('sweep', options);
  try {
    const swept: string[] = [];
    for (const base of bases)
      swept.push(...(await sweepStaleRuns(removeNodeRemains, { base, onProgress: options.onProgress })));
    return swept;
  } finally {
    await lock.release();
  }
}
