import path from 'node:path';
import type { CompiledPolicy, ConfigFault } from '../../config/gateway-config.ts';
import { readNamedFile } from '../../files/read-file.ts';
import type { Environment } from '../../environment/environment.ts';
import type { PolicyTools } from '../../config/load-gateway-config.ts';
import { CliError } from '../../terminal/cli-error.ts';
import { forTerminal } from '../../terminal/for-terminal.ts';

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

/** Reads and compiles a policy document. Faults end the command. */
export function readPolicy(
  environment: Environment,
  named: string,
  scope: string,
  tools: PolicyTools,
): { file: string; policy: CompiledPolicy; document: unknown } {
  const file = path.resolve(environment.workingDirectory, named);
  const read = tools.readYaml(readNamedFile(file));
  if (!read.ok) return refuseFaults(environment, file, read.faults, tools);
  const compiled = tools.compilePolicy(read.yaml.data, { scope });
  if (!compiled.ok) {
    const faults = compiled.faults.map((fault) => tools.locateFault(fault, read.yaml.place));
    return refuseFaults(environment, file, faults, tools);
  }
  return { file, policy: compiled.policy, document: read.yaml.data };
}
