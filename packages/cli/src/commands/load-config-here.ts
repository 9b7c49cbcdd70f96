import path from 'node:path';
import { CliError } from '../terminal/cli-error.ts';
import type { World } from '../world.ts';

/** The configuration file that is meant: the one named, else SALLYPORT_CONFIG, else `sallyport.yaml` here. */
export function configFile(world: World, named: string | undefined): string {
  const variable = world.env.SALLYPORT_CONFIG;
  return path.resolve(
    world.workingDirectory,
    named ?? (variable === undefined || variable === '' ? 'sallyport.yaml' : variable),
  );
}

/** Loads the gateway's configuration for a command that needs it whole; faults become a CliError. */
export async function loadConfigHere(world: World, named: string | undefined) {
  const { ConfigFaults, loadConfig } = await import('../gateway-config.ts');
  const file = configFile(world, named);
  try {
    return loadConfig(file, world.env);
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
