import path from 'node:path';
import type { CompiledPolicy } from '../../config/gateway-config.ts';
import { readNamedFile } from '../../files/named-file.ts';
import type { Environment } from '../../environment/environment.ts';
import type { PolicyTools } from '../../config/policy-tools.ts';
import { refuseFaults } from './refuse-faults.ts';

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
