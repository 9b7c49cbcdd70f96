import type { GatewayAddress } from '../input/gateway-address.ts';
import type { Environment } from '../environment/environment.ts';
import { describeError, CliError } from '../terminal/cli-error.ts';
import { type Credential, hashOf, isToken, type StoredCredential } from './stored-credential.ts';
import type { Home } from './home.ts';
import { KeyringFault, openKeyring, wantsKeyring } from './keyring.ts';

const isInKeyring = (stored: StoredCredential | undefined) => stored !== undefined && 'tokenSha256' in stored;

/** Opens the place for the token of one gateway. Starts no program. Throws a CliError for a wrong SALLYPORT_KEYRING. */
export function openTokenPlace(home: Home, address: GatewayAddress, environment: Environment) {
  const wanted = wantsKeyring(environment);
  const keyring = openKeyring(home, address, environment);
  // A command reads the credential several times, but starts the program of the keyring once.
  let remembered: string | undefined;

  /** Returns undefined, and tells the user, if the keyring cannot be used. */
  const attempt = <T>(what: string, hint: string, act: () => T): T | undefined => {
    try {
      return act();
    } catch (error) {
      if (!(error instanceof KeyringFault)) throw error;
      environment.stderr.write(describeError(new CliError('local-file', `${what}: ${error.message}`, hint)).text);
      return undefined;
    }
  };
  const remove = () =>
    attempt(
      'the keyring still has the credential',
      `Delete the entry "sallyport" for ${address.origin} there.`,
      keyring.remove,
    );
  const write = (token: string) =>
    attempt(
      'the credential is in a file, because the keyring cannot be used',
      'Only you can read the file. To use the keyring, unlock it and log in again.',
      () => {
        keyring.write(token);
        return true;
      },
    ) ?? false;

  return {
    /** Returns the token. Returns undefined, and says why, if the keyring does not have it or cannot be read. */
    find(stored: StoredCredential): string | undefined {
      if ('token' in stored) return stored.token;
      if (remembered === undefined || hashOf(remembered) !== stored.tokenSha256)
        remembered = attempt(
          'the credential is in the keyring, which cannot be read',
          'Unlock the keyring and try again, or log in again.',
          keyring.read,
        );
      return isToken(remembered) && hashOf(remembered) === stored.tokenSha256 ? remembered : undefined;
    },
    /** Reports whether the token is in the file although the user wants it in the keyring. */
    mustMove: (stored: StoredCredential): boolean => wanted && 'token' in stored && stored.keyringFailed !== true,
    /** Puts the token into its place, and returns what to write into the file. */
    put(credential: Credential, before: StoredCredential | undefined): StoredCredential {
      const { token, user, sessionId, expiresAt, idleMs } = credential;
      const rest = { user, sessionId, expiresAt, idleMs };
      if (!wanted) {
        if (isInKeyring(before)) remove();
        return { token, ...rest };
      }
      const tokenSha256 = hashOf(token);
      if (before !== undefined && 'tokenSha256' in before && before.tokenSha256 === tokenSha256)
        return { tokenSha256, ...rest };
      // It was tried for this login.
      const triedBefore = before !== undefined && 'token' in before && before.token === token && before.keyringFailed;
      if (triedBefore === true || !write(token)) return { token, keyringFailed: true, ...rest };
      remembered = token;
      return { tokenSha256, ...rest };
    },
    /** Deletes the token from the keyring. */
    remove,
  };
}
