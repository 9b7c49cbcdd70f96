import path from 'node:path';
import { CliError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';

/** The configuration file that is meant: the one named, else SALLYPORT_CONFIG, else `sallyport.yaml` here. */
export function configPath(environment: Environment, named: string | undefined): string {
  const variable = environment.env.SALLYPORT_CONFIG;
  return path.resolve(
    environment.workingDirectory,
    named ?? (variable === undefined || variable === '' ? 'sallyport.yaml' : variable),
  );
}

/** Loads the gateway's configuration for a command that needs it whole; faults become a CliError. */
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
      `See all faults: sallyport config check ${file}`,
    );
  }
}
