import type { ConfigFault } from '../gateway-config.ts';
import { CliError } from '../terminal/cli-error.ts';
import { forTerminal } from '../terminal/for-terminal.ts';
import type { World } from '../world.ts';
import type { PolicyTools } from './policy-tools.ts';

/** Writes faults to standard error, one a line, and ends the command. */
export function refuseFaults(
  world: World,
  file: string,
  faults: readonly ConfigFault[],
  { formatFaults }: Pick<PolicyTools, 'formatFaults'>,
): never {
  world.stderr.write(`${formatFaults(file, faults).split('\n').map(forTerminal).join('\n')}\n`);
  throw new CliError(
    'failed',
    `${file} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`,
    'Correct what stands above, then try again.',
  );
}
