import { chmodSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { GatewayAddress } from '../gateway/gateway-address.ts';
import type { Environment } from '../environment/environment.ts';
import type { Credential } from './credential.ts';
import { execCacheText } from './exec-cache.ts';
import { ensureDirectory, localFault, readIfThere, type Home } from './home.ts';
import { readMachineClock } from './machine-clock.ts';
import { writeFileAtomically } from './write-file-atomically.ts';

/** Stores the login at one gateway: the credential itself, and the few lines that the sh front reads. */
export type CredentialStore = {
  directory: string;
  read(): Credential | undefined;
  /** Stores a credential that the gateway has just accepted. */
  keep(credential: Credential): void;
  /** Deletes the credential if it is still this one. Another process may have logged in again in the meantime. */
  forget(token: string): void;
};

type Stored = Credential & { version: 1; gateway: string };

function isStored(value: unknown, origin: string): value is Stored {
  const { version, gateway, token, user, sessionId, expiresAt, idleMs } = (value ?? {}) as Partial<Stored>;
  return (
    version === 1 &&
    gateway === origin &&
    typeof token === 'string' &&
    /^[A-Za-z0-9._~+/-]{16,4096}=*$/.test(token) &&
    typeof user === 'string' &&
    typeof sessionId === 'string' &&
    Number.isSafeInteger(expiresAt) &&
    Number.isSafeInteger(idleMs)
  );
}

function parse(text: string, origin: string): Credential | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isStored(value, origin)) return undefined;
    const { token, user, sessionId, expiresAt, idleMs } = value;
    return { token, user, sessionId, expiresAt, idleMs };
  } catch {
    return undefined;
  }
}

// A backup or a careless copy may have made the file readable for others. Fix that, as ssh would ask the user to.
function closeToOthers(file: string): void {
  if ((statSync(file).mode & 0o077) !== 0) chmodSync(file, 0o600);
}

/** Opens the store for one gateway. Creates nothing on disk until a credential is stored. */
export function openCredentialStore(home: Home, address: GatewayAddress, environment: Environment): CredentialStore {
  const directory = home.gatewayDirectory(address);
  const [file, cache, lastServed] = ['credential.json', 'exec-cache', 'last-served'].map((name) =>
    path.join(directory, name),
  ) as [string, string, string];
  const read = () => {
    const text = readIfThere(file);
    if (text === undefined) return undefined;
    if (environment.platform !== 'win32') closeToOthers(file);
    return parse(text, address.origin);
  };
  return {
    directory,
    read,
    keep(credential) {
      ensureDirectory(home, directory);
      // The sh front cannot create a directory without starting a program.
      ensureDirectory(home, path.join(directory, 'served'));
      const stored: Stored = { version: 1, gateway: address.origin, ...credential };
      const reading = readMachineClock(environment.now, environment.platform);
      try {
        writeFileAtomically(file, `${JSON.stringify(stored, null, 2)}\n`);
        writeFileAtomically(lastServed, `${reading.seconds}\n`);
        writeFileAtomically(cache, execCacheText(credential, address.origin, reading, environment.now()));
      } catch (error) {
        throw localFault(file, error);
      }
    },
    forget(token) {
      if (read()?.token !== token) return;
      for (const one of [cache, lastServed, file]) rmSync(one, { force: true });
    },
  };
}
