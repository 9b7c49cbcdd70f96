import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { GatewayAddress } from '../input/gateway-address.ts';
import { usageError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';
import type { Home } from './home.ts';
import { keyringProgram } from './keyring-program.ts';

/** Why the keyring cannot be used. Never contains the secret. */
export class KeyringFault extends Error {}

/**
 * How long a command waits, in milliseconds. A locked keyring may ask the person for a password, and waits for it. The
 * program itself needs half a second on Windows, and more on a busy machine.
 */
const defaultLimitMs = 5000;
const firstLine = (text: string) => text.trim().split('\n')[0]!.slice(0, 200);

/** Reports whether SALLYPORT_KEYRING=1. Throws a CliError for a value that is not 0 or 1. */
export function wantsKeyring({ env }: Pick<Environment, 'env'>): boolean {
  const value = env.SALLYPORT_KEYRING ?? '';
  if (value === '' || value === '0') return false;
  if (value === '1') return true;
  throw usageError('SALLYPORT_KEYRING must be 1 or 0', 'To keep tokens in the keyring, set it to 1.');
}

/**
 * Opens the entry of one gateway and home in the keyring of the system. It starts the system's own program for each
 * operation. Every function throws a KeyringFault.
 */
export function openKeyring(
  home: Home,
  address: GatewayAddress,
  { platform, env }: Pick<Environment, 'platform' | 'env'>,
  limitMs = defaultLimitMs,
) {
  // Two homes with logins at the same gateway must not share an entry.
  const ownHome = createHash('sha256').update(home.root).digest('hex').slice(0, 12);
  const program = keyringProgram(platform, `${address.origin}#${ownHome}`);

  const run = (args: readonly string[], input: string) => {
    const { error, status, signal, stdout, stderr } = spawnSync(program.command, args, {
      input,
      env,
      encoding: 'utf8',
      timeout: limitMs,
      killSignal: 'SIGKILL',
      windowsHide: true,
      maxBuffer: 65_536,
    });
    const code = (error as NodeJS.ErrnoException | undefined)?.code;
    if (code === 'ENOENT') throw new KeyringFault(`${program.command} is not installed`);
    if (code === 'ETIMEDOUT' || signal !== null)
      throw new KeyringFault(`${program.command} did not finish within ${limitMs / 1000} s; the keyring may be locked`);
    // EPIPE: the program ended without reading its input. Its exit code says whether it failed.
    if (error && code !== 'EPIPE')
      throw new KeyringFault(`${program.command} cannot be started (${code ?? 'unknown error'})`);
    return { status: status ?? 1, stdout, stderr };
  };
  const failed = ({ status, stderr }: { status: number; stderr: string }) =>
    new KeyringFault(`${program.command} failed: ${firstLine(stderr) || `exit code ${status}`}`);

  const read = (): string | undefined => {
    const result = run(program.look, '');
    if (result.status === 0) return result.stdout.trim();
    if (program.isMissing(result.status, result.stderr)) return undefined;
    throw failed(result);
  };
  return {
    read,
    write(secret: string): void {
      const result = run(program.store, program.storeInput(secret));
      if (result.status !== 0) throw failed({ ...result, stderr: result.stderr.replaceAll(secret, '…') });
      // Not every program reports a failure by its exit code.
      if (read() !== secret) throw new KeyringFault(`${program.command} did not keep the credential`);
    },
    remove(): void {
      const result = run(program.remove, '');
      if (result.status !== 0 && !program.isMissing(result.status, result.stderr)) throw failed(result);
    },
  };
}
