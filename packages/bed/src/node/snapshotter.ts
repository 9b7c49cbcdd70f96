import path from 'node:path';
import type { Snapshotter } from '../cluster/node-images.ts';
import { tryCommand } from '../run/command.ts';
import { componentDirectory, type Run } from '../run/run-directory.ts';

/** Returns the snapshotter for images that are large. Not every file system can be below an overlay. */
export async function snapshotterFor(run: Run): Promise<Snapshotter> {
  const trial = componentDirectory(run, 'overlay-trial');
  const [lower, upper, work, merged] = ['lower', 'upper', 'work', 'merged'].map((name) =>
    componentDirectory(run, path.join('overlay-trial', name)),
  );
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  const mounted = await tryCommand('mount', ['-t', 'overlay', 'overlay', '-o', options, merged!], { cwd: trial });
  if (mounted.code !== 0) return 'native';
  await tryCommand('umount', [merged!]);
  return 'overlayfs';
}
