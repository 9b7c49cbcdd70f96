import type { GatewayClient } from '../gateway/gateway-client.ts';
import type { Credential } from '../home/stored-credential.ts';
import type { OpenGateway } from '../gateway/open-gateway.ts';
import { ensureDirectory } from '../home/home.ts';
import { loginLockHolder, openLoginFailure, takeOverLoginLock, tryLoginLock } from '../home/login-lock.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { ProcessLock } from '../home/process-lock.ts';
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
  /** Takes over from a login that is in progress: the user has just asked for this one, and forgot the other. */
  takesOver?: boolean;
  /** How to log in, if no other process does. It fails soon after `isSuperseded` returns true. */
  logIn(client: GatewayClient, environment: Environment, isSuperseded: () => boolean): Promise<Credential>;
};

/**
 * Logs in while holding the lock. A signal that ends this process releases it at once, and a process that waits for it
 * logs in instead.
 */
async function logInLocked(
  { client, store, known, environment }: LoginParts,
  { logIn }: LogInOnceOptions,
  { release, isLost }: ProcessLock,
): Promise<Credential> {
  const unwatch = environment.onInterrupt(() => {
    release();
    environment.stderr.write('\nLogin canceled.\n');
  });
  try {
    const credential = await logIn(client, environment, isLost);
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
  const say = (text: string) => environment.stderr.write(`${text}\n`);
  const otherProcess = () => `(process ${loginLockHolder(store.directory) ?? 'unknown'})`;
  const takeOver = () => {
    say(`Another login to this gateway was in progress ${otherProcess()}. This one takes over.`);
    return takeOverLoginLock(store.directory, environment);
  };
  for (let waited = false; ; waited = true) {
    const mayTakeOver = options.takesOver === true && !waited;
    const lock = tryLoginLock(store.directory, environment) ?? (mayTakeOver ? takeOver() : undefined);
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
        const credential = await logInLocked(parts, options, lock).catch((error: unknown) => {
          if (lock.isLost()) return undefined;
          if (error instanceof CliError && error.exit === 'login-failed') failure.note(error, environment.now());
          throw error;
        });
        if (credential !== undefined) return credential;
        say('Another login to this gateway has taken over. Waiting for it.');
      } finally {
        lock.release();
      }
    } else if (!waited) say(`Another login to this gateway is in progress ${otherProcess()}. Waiting for it.`);
    if (options.abandoned?.() === true)
      throw new CliError('failed', 'the program that needed the login has ended', 'Run it again.');
    if (environment.now() > beganAt + options.timeoutMs)
      throw new CliError(
        'login-failed',
        `another login to this gateway is still in progress ${otherProcess()}`,
        'Finish it, or run "sallyport login" at a terminal, which takes over.',
      );
    await environment.sleep(150);
  }
}
