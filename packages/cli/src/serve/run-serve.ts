import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { configPath } from '../config/load-gateway-config.ts';
import type { Environment } from '../environment/environment.ts';
import { CliError } from '../terminal/cli-error.ts';

export type ServeOptions = { config?: string; checkConfig?: true };

type Request = { config: string; env: Environment['env'] };
/** What the program of the gateway exports. This one has nothing else of it. */
type ServeProgram = { serve(request: Request): Promise<void>; checkServe(request: Request): void };

/** Finds the program of the gateway: beside this one in an archive, or in a clone. */
function findServeProgram({ programDirectory }: Environment): string {
  const places =
    programDirectory === undefined
      ? []
      : ['serve', '../standalone/dist/bundle-serve'].map((place) =>
          path.join(programDirectory, place, 'serve-main.js'),
        );
  const found = places.find((file) => existsSync(file));
  if (found === undefined)
    throw new CliError(
      'failed',
      'this installation has no gateway in it, only the command line',
      'Use the archive of the gateway, which a release has for Linux (sallyport-VERSION-server-PLATFORM.tar.gz), or the image.',
    );
  return found;
}

/** `sallyport serve`: the four services in one process. Resolves when the gateway is ready. It runs until a signal ends it. */
export async function runServe(environment: Environment, options: ServeOptions): Promise<void> {
  const program = findServeProgram(environment);
  if (Number.parseInt(environment.nodeVersion, 10) < 24)
    throw new CliError(
      'failed',
      `the gateway needs Node.js 24 or newer, but this is ${environment.nodeVersion}`,
      'Use the archive of the gateway, which contains one.',
    );
  const request = { config: configPath(environment, options.config), env: environment.env };
  const { serve, checkServe } = (await import(pathToFileURL(program).href)) as ServeProgram;
  if (!options.checkConfig) return serve(request);
  try {
    checkServe(request);
  } catch (error) {
    throw new CliError('failed', (error as Error).message, 'Fix what is listed above, then check again.', {
      cause: error,
    });
  }
  environment.stdout.write(`${request.config}: ok\n`);
}
