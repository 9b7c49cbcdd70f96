import { statSync } from 'node:fs';
import path from 'node:path';
import { namedFileFault } from '../files/read-file.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';
import { shellWord } from '../terminal/for-terminal.ts';
import type * as GatewayConfig from './gateway-config.ts';
import type { ConfigFault } from './gateway-config.ts';

/** Compares faults or warnings by file, line and column. */
export function byPlace(a: ConfigFault, b: ConfigFault): number {
  return (
    (a.file ?? '').localeCompare(b.file ?? '') || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)
  );
}

/** The functions that read and evaluate policies. A command loads them when it needs them, and passes them on. */
export type PolicyTools = typeof GatewayConfig;

export function loadPolicyTools(): Promise<PolicyTools> {
  return import('./gateway-config.ts');
}

/**
 * Returns the path of the configuration: the named file, SALLYPORT_CONFIG, or `sallyport.yaml` in this directory. Throws a
 * CliError if there is no such file.
 */
export function configPath(environment: Environment, named: string | undefined): string {
  const variable = environment.env.SALLYPORT_CONFIG || undefined;
  const file = path.resolve(environment.workingDirectory, named ?? variable ?? 'sallyport.yaml');
  try {
    if (statSync(file).isDirectory()) throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
  } catch (error) {
    if (named !== undefined) throw namedFileFault(file, error);
    const hint = variable === undefined ? 'Name the file, or set SALLYPORT_CONFIG.' : 'Correct SALLYPORT_CONFIG.';
    throw new CliError('local-file', namedFileFault(file, error).message, hint, { cause: error });
  }
  return file;
}

/** Loads the complete configuration of the gateway. Throws a CliError if it has faults. */
export async function loadGatewayConfig(environment: Environment, named: string | undefined) {
  const { ConfigFaults, loadConfig } = await import('./gateway-config.ts');
  const file = configPath(environment, named);
  try {
    return loadConfig(file, environment.env);
  } catch (error) {
    if (!(error instanceof ConfigFaults)) throw error;
    const [first] = error.faults;
    throw new CliError(
      'failed',
      `${file}: ${first?.path ? `${first.path}: ` : ''}${first?.message ?? 'is faulty'}`,
      `To see all faults, run: sallyport config check ${shellWord(file)}`,
    );
  }
}
