import { chmodSync, lstatSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { GatewayAddress } from '../input/gateway-address.ts';
import { fileFault, makeDirectory } from '../files/write-file.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';

/** The program's directory. Each gateway has its own directory in it, so that no credential reaches another gateway. */
export type Home = { root: string; gatewayDirectory(address: GatewayAddress): string };

/** Finds SALLYPORT_HOME (default `~/.config/sallyport`). Does not access the disk. */
export function findHome(
  environment: Pick<Environment, 'env' | 'homeDirectory' | 'workingDirectory' | 'platform'>,
): Home {
  const named = environment.env.SALLYPORT_HOME;
  const root =
    named === undefined || named === ''
      ? path.join(environment.homeDirectory, '.config', 'sallyport')
      : path.resolve(environment.workingDirectory, named);
  return {
    root,
    // The sh front computes the same name. Windows allows no colon in a name, and has no sh front.
    gatewayDirectory: ({ scheme, authority }) => {
      const name = `${scheme}+${authority}`;
      return path.join(root, 'gateways', environment.platform === 'win32' ? name.replaceAll(':', '+') : name);
    },
  };
}

/** Creates one of our directories and its parents up to the home. Sets mode 0700, also on existing directories. */
export function ensureDirectory(home: Home, directory: string): void {
  for (const one of [home.root, path.join(home.root, 'gateways'), directory]) {
    try {
      makeDirectory(one);
      // The home itself may be a symbolic link that its owner made. Nothing below it may.
      const found = one === home.root ? statSync(one) : lstatSync(one);
      if (!found.isDirectory()) throw new CliError('local-file', `${one} is not a directory`, 'Move or delete it.');
      if ((found.mode & 0o077) !== 0) chmodSync(one, 0o700);
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw localFault(one, error);
    }
  }
}

/** Returns the error for one of the program's own files that cannot be read or written. */
export function localFault(file: string, error: unknown): CliError {
  return fileFault(
    file,
    error,
    'Check the owner and the mode of this directory and the disk that it is on, or name another one in SALLYPORT_HOME.',
  );
}

/** Reads a file. Returns undefined if it does not exist. Throws a CliError if it exists but cannot be read. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw localFault(file, error);
  }
}
