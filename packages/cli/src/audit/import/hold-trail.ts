import { existsSync } from 'node:fs';
import path from 'node:path';
import type { PolicyTools } from '../../config/load-gateway-config.ts';
import { CliError } from '../../terminal/cli-error.ts';

type SpoolTools = Awaited<ReturnType<PolicyTools['loadSpool']>>;

function hold(directory: string, { holdLock }: SpoolTools): () => void {
  let unlock: (() => void) | undefined;
  try {
    unlock = holdLock(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_UNKNOWN_BUILTIN_MODULE')
      throw new CliError(
        'failed',
        'this Node.js cannot lock directories',
        'Use Node.js 22.13 or newer, or the archive of this program, which contains one.',
        { cause: error },
      );
    throw new CliError(
      'local-file',
      `${directory} cannot be locked: ${(error as Error).message}`,
      'Run this as the user of the gateway, or with a copy of the directory without its file lock.',
      { cause: error },
    );
  }
  if (unlock) return unlock;
  throw new CliError('local-file', `another process uses ${directory}`, 'Stop the gateway first.');
}

/**
 * Keeps gateways away from the directory of a trail and from the data directory that it is in, and returns a function that
 * ends this. Throws a CliError if a gateway uses one of them, or has left acknowledged events in its spool: `spool`, or
 * that in the data directory. Directories that no gateway has used have no lock, and are left as they are.
 */
export async function holdTrail(
  trail: string,
  spool: string | undefined,
  tools: Pick<PolicyTools, 'loadSpool'>,
): Promise<() => void> {
  const data = path.basename(trail) === 'trail' ? [path.dirname(trail)] : [];
  const locked = [...data, trail].filter((directory) => existsSync(path.join(directory, 'lock')));
  const spools = [...data.map((directory) => path.join(directory, 'spool')), ...(spool === undefined ? [] : [spool])];
  const left = spools.filter((directory) => existsSync(directory));
  if (locked.length === 0 && left.length === 0) return () => undefined;
  const spoolTools = await tools.loadSpool();
  const held: (() => void)[] = [];
  const release = () => held.forEach((unlock) => unlock());
  try {
    for (const directory of locked) held.push(hold(directory, spoolTools));
    for (const directory of left)
      if (await spoolTools.hasWaitingEntries(directory))
        throw new CliError(
          'failed',
          `${directory} has events that are not in the trail yet`,
          'Start the gateway without audit.kafka once more, and stop it.',
        );
    return release;
  } catch (error) {
    release();
    throw error;
  }
}
