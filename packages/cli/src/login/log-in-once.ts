import type { GatewayClient } from '../gateway/gateway-client.ts';
import type { Credential } from '../home/stored-credential.ts';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { ensureDirectory } from '../home/home.ts';
import { openLoginFailure, tryLoginLock } from '../home/login-lock.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';

type LoginParts = Pick<OpenGateway, 'home' | 'known' | 'client' | 'store' | 'environment'>;
type LogInOnceOptions = {
  timeoutMs: number;
  /** The token that is no longer valid. */
  known: string | undefined;
  /** Does not accept the credential of another process. */
  ownOnly?: boolean;
  /** Reports whether the login is no longer needed, because the program that asked for it has ended. */
  abandoned?: () => boolean;
  /** How to log in, if no other process does. */
  logIn(client: GatewayClient, environment: Environment): Promise<Credential>;
};

/**
 * Logs in while holding the lock. A signal that ends this process releases it at once, and a process that waits for it
 * logs in instead.
 */
async function logInLocked(
  { client, store, known, environment }: LoginParts,
  { logIn }: LogInOnceOptions,
  release: () => void,
): Promise<Credential> {
  const unwatch = environment.onInterrupt(() => {
    release();
    environment.stderr.write('\nLogin canceled.\n');
  });
  try {
    const credential = await logIn(client, environment);
    store.keep(credential);
    known.remember(client.address, {});
    return credential;
  } finally {
    unwatch();
  }
}

/**
 * Logs in, unless another process is logging in already. Then it waits, and uses the credential or reports the failure
 * of that login. Many kubectl processes that start together therefore open one browser, and if the user closes it, they
 * all fail together.
 */
export async function logInOnce(parts: LoginParts, options: LogInOnceOptions): Promise<Credential> {
  const { home, store, environment } = parts;
  ensureDirectory(home, store.directory);
  const failure = openLoginFailure(store.directory);
  const beganAt = environment.now();
  for (let waited = false; ; waited = true) {
    const lock = tryLoginLock(store.directory, environment);
    if (lock !== undefined) {
      try {
        const found = store.read();
        if (
          options.ownOnly !== true &&
          found !== undefined &&
          found.token !== options.known &&
          found.expiresAt > environment.now()
        )
          return found;
        const failed = waited ? failure.since(beganAt) : undefined;
        if (failed) throw failed;
        failure.forget();
        return await logInLocked(parts, options, lock.release).catch((error: unknown) => {
          if (error instanceof CliError && error.exit === 'login-failed') failure.note(error, environment.now());
          throw error;
        });
      } finally {
        lock.release();
      }
    }
    if (!waited) environment.stderr.write('Another login to this gateway is in progress. Waiting for it.\n');
    if (options.abandoned?.() === true)
      throw new CliError('failed', 'the program that needed the login has ended', 'Run it again.');
    if (environment.now() > beganAt + options.timeoutMs)
      throw new CliError(
        'login-failed',
        'another login to this gateway is still in progress',
        `Finish it. If there is none, delete ${store.directory}/login.lock.`,
      );
    await environment.sleep(150);
  }
}
