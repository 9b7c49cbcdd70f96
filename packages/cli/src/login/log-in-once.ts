import type { GatewayClient } from '../gateway/gateway-client.ts';
import type { Credential, CredentialStore } from '../home/credential.ts';
import { ensureDirectory, type Home } from '../home/home.ts';
import { openLoginFailure } from '../home/login-failure.ts';
import { tryLoginLock } from '../home/login-lock.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { Environment } from '../environment/environment.ts';

export type LoginParts = { home: Home; client: GatewayClient; store: CredentialStore; environment: Environment };
/** `signIn` is the way to log in; `known` the token that is of no use any more. */
export type LogInOnceOptions = {
  timeoutMs: number;
  known: string | undefined;
  /** What another process got will not do. */
  ownOnly?: boolean;
  signIn(client: GatewayClient, environment: Environment): Promise<Credential>;
};

/** Logs in while holding the lock. Ctrl-C gives it back at once and says so; whoever waits then logs in instead. */
async function logInLocked(
  { client, store, environment }: LoginParts,
  { signIn }: LogInOnceOptions,
  release: () => void,
): Promise<Credential> {
  const unwatch = environment.onInterrupt(() => {
    release();
    environment.stderr.write('\nLogin given up.\n');
  });
  try {
    const credential = await signIn(client, environment);
    store.keep(credential);
    return credential;
  } finally {
    unwatch();
  }
}

/**
 * Logs in, unless another process is just doing that: then it waits and takes what the other one got, or hears that it
 * got nothing. So many kubectl started together open one browser, and one that is closed keeps none of them waiting for
 * longer than the first.
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
    if (!waited) environment.stderr.write('Another login to this gateway is under way; waiting for it.\n');
    if (environment.now() > beganAt + options.timeoutMs)
      throw new CliError(
        'login-failed',
        'another login to this gateway is under way and does not end',
        `Finish it, or remove ${store.directory}/login.lock if none is.`,
      );
    await environment.sleep(150);
  }
}
