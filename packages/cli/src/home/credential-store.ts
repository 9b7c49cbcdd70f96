import { chmodSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { GatewayAddress } from '../input/gateway-address.ts';
import type { Environment } from '../environment/environment.ts';
import {
  type Credential,
  formatStoredCredential,
  hashOf,
  parseStoredCredential,
  type StoredCredential,
} from './stored-credential.ts';
import { execCacheText, readMachineClock } from './exec-cache.ts';
import { ensureDirectory, localFault, readIfThere, type Home } from './home.ts';
import { openTokenPlace } from './token-place.ts';
import { writeFileAtomically } from '../files/write-file.ts';

/**
 * Stores the login at one gateway: the credential itself, and the few lines that the sh front reads. With
 * SALLYPORT_KEYRING=1, the token is in the keyring of the system, and there is nothing for the sh front.
 */
export type CredentialStore = {
  directory: string;
  read(): Credential | undefined;
  /** Stores a credential that the gateway has just accepted. */
  keep(credential: Credential): void;
  /**
   * Deletes the credential if it is still this one. Another process may have logged in again in the meantime. Without a
   * token, deletes whatever is there.
   */
  forget(token?: string): void;
};

// A backup or a careless copy may have made the file readable for others. Fix that, as ssh would ask the user to.
function closeToOthers(file: string): void {
  try {
    if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
  } catch (error) {
    throw localFault(file, error);
  }
}

/** Opens the store for one gateway. Creates nothing on disk until a credential is stored. */
export function openCredentialStore(home: Home, address: GatewayAddress, environment: Environment): CredentialStore {
  const directory = home.gatewayDirectory(address);
  const [file, cache, lastServed] = ['credential.json', 'exec-cache', 'last-served'].map((name) =>
    path.join(directory, name),
  ) as [string, string, string];
  const place = openTokenPlace(home, address, environment);

  const load = () => {
    const text = readIfThere(file);
    if (text === undefined) return undefined;
    if (environment.platform !== 'win32') closeToOthers(file);
    return parseStoredCredential(text, address.origin);
  };

  /** Writes the files. If the token is not in them, there is no cache of it either. */
  const write = (stored: StoredCredential) => {
    ensureDirectory(home, directory);
    // The sh front cannot create a directory without starting a program.
    ensureDirectory(home, path.join(directory, 'served'));
    const reading = readMachineClock(environment.now, environment.platform);
    try {
      if (!('token' in stored)) for (const one of [cache, lastServed]) rmSync(one, { force: true });
      writeFileAtomically(file, formatStoredCredential(stored, address.origin));
      if (!('token' in stored)) return;
      writeFileAtomically(lastServed, `${reading.seconds}\n`);
      writeFileAtomically(cache, execCacheText(stored, address.origin, reading, environment.now()));
    } catch (error) {
      throw localFault(file, error);
    }
  };

  return {
    directory,
    read() {
      const stored = load();
      if (stored === undefined) return undefined;
      const token = place.find(stored);
      if (token === undefined) return undefined;
      const { user, sessionId, expiresAt, idleMs } = stored;
      const credential = { token, user, sessionId, expiresAt, idleMs };
      // The user has switched the keyring on since the login.
      if (place.mustMove(stored)) write(place.put(credential, stored));
      return credential;
    },
    keep(credential) {
      write(place.put(credential, load()));
    },
    forget(token) {
      const stored = load();
      if (stored === undefined) return;
      const isAnother = 'token' in stored ? stored.token !== token : stored.tokenSha256 !== hashOf(token ?? '');
      if (token !== undefined && isAnother) return;
      try {
        for (const one of [cache, lastServed, file]) rmSync(one, { force: true });
      } catch (error) {
        throw localFault(file, error);
      }
      if ('tokenSha256' in stored) place.remove();
    },
  };
}
