import type { GatewayClient } from '../gateway/gateway-client.ts';
import type { Credential, CredentialStore } from '../home/credential.ts';
import { ensureDirectory, type Home } from '../home/home.ts';
import { tryLoginLock } from '../home/login-lock.ts';
import { CliError } from '../terminal/cli-error.ts';
import type { World } from '../world.ts';
import { signIn, type SignInOptions } from './sign-in.ts';

export type LoginParts = { home: Home; client: GatewayClient; store: CredentialStore; world: World };

/**
 * Logs in, unless another process is just doing that: then it waits and takes what the other one got. So two kubectl
 * started together open one browser. `known` is the token that is of no use any more.
 */
export async function logInOnce(parts: LoginParts, options: SignInOptions, known: string | undefined): Promise<Credential> {
  const { home, client, store, world } = parts;
  ensureDirectory(home, store.directory);
  const giveUpAt = world.now() + options.timeoutMs;
  for (let told = false; ; told = true) {
    const lock = tryLoginLock(store.directory, world);
    if (lock !== undefined) {
      try {
        const found = store.read();
        if (found !== undefined && found.token !== known && found.expiresAt > world.now()) return found;
        const credential = await signIn(client, world, options);
        store.keep(credential);
        return credential;
      } finally {
        lock.release();
      }
    }
    if (!told) world.stderr.write('Another login to this gateway is under way; waiting for it.\n');
    if (world.now() > giveUpAt) throw new CliError('login-failed', 'another login to this gateway is under way and does not end', `Finish it, or remove ${store.directory}/login.lock if none is.`);
    await world.sleep(150);
  }
}
