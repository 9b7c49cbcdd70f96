import type { ConfigFault } from '../../config/gateway-config.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';
import type { Environment } from '../../environment/environment.ts';
import type { PolicyTools } from '../../config/policy-tools.ts';

/** Writes faults to standard error, one per line, and ends the command. */
export function refuseFaults(
  environment: Environment,
  file: string,
  faults: readonly ConfigFault[],
  { formatFaults }: Pick<PolicyTools, 'formatFaults'>,
): never {
  environment.stderr.write(`${formatFaults(file, faults).split('\n').map(forTerminal).join('\n')}\n`);
  throw new CliError(
    'failed',
    `${file} has ${faults.length} ${faults.length === 1 ? 'fault' : 'faults'}`,
    'Fix the faults listed above, then try again.',
  );
}
