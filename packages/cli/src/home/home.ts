import { chmodSync, lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import type { GatewayAddress } from '../gateway/gateway-address.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';

/**
 * The program's own directory; a gateway has a directory of its own in it, so that nothing of one is ever sent to
 * another.
 */
export type Home = { root: string; gatewayDirectory(address: GatewayAddress): string };

/** Finds SALLYPORT_HOME (default `~/.config/sallyport`) without touching it. */
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
    // The sh front computes the same name. Windows does not allow a colon in it, and has no sh front.
    gatewayDirectory: ({ scheme, authority }) => {
      const name = `${scheme}+${authority}`;
      return path.join(root, 'gateways', environment.platform === 'win32' ? name.replaceAll(':', '+') : name);
    },
  };
}

/** Makes a directory of ours and everything above it up to the home; mode 0700, also when it was there with more. */
export function ensureDirectory(home: Home, directory: string): void {
  for (const one of [home.root, path.join(home.root, 'gateways'), directory]) {
    try {
      mkdirSync(one, { recursive: true, mode: 0o700 });
      // The home itself may be a link that its owner made; nothing below it may.
      const found = one === home.root ? statSync(one) : lstatSync(one);
      if (!found.isDirectory()) throw new CliError('local-file', `${one} is not a directory`, 'Move it away.');
      if ((found.mode & 0o077) !== 0) chmodSync(one, 0o700);
    } catch (error) {
      if (error instanceof CliError) throw error;
      throw localFault(one, error);
    }
  }
}

/** The error for a file of the person's that does not let itself be read or written. */
export function localFault(file: string, error: unknown): CliError {
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason';
  return new CliError(
    'local-file',
    `${file} cannot be used (${reason})`,
    'Check its owner, mode and the space on the disk; SALLYPORT_HOME names another directory.',
    { cause: error },
  );
}

/** Reads a file whole; undefined if there is none. Throws CliError if it is there and cannot be read. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw localFault(file, error);
  }
}
