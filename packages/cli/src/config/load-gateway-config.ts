import path from 'node:path';
import { CliError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';

/** Returns the path of the configuration: the named file, SALLYPORT_CONFIG, or `sallyport.yaml` in this directory. */
export function configPath(environment: Environment, named: string | undefined): string {
  const variable = environment.env.SALLYPORT_CONFIG;
  return path.resolve(
    environment.workingDirectory,
    named ?? (variable === undefined || variable === '' ? 'sallyport.yaml' : variable),
  );
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
      `To see all faults, run: sallyport config check ${file}`,
    );
  }
}
