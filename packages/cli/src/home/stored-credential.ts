import { createHash } from 'node:crypto';

/** A login at one gateway. Times are milliseconds since the epoch. */
export type Credential = { token: string; user: string; sessionId: string; expiresAt: number; idleMs: number };

/** Where the token of a credential is: in the file (`keyringFailed` if the keyring did not take it), or in the keyring. */
type TokenPlace = { token: string; keyringFailed?: true } | { tokenSha256: string };
/** What the credential file says. For a token in the keyring, it has only the hash. */
export type StoredCredential = Omit<Credential, 'token'> & TokenPlace;

/** Returns the hash by which the file recognizes the token in the keyring. */
export const hashOf = (token: string): string => createHash('sha256').update(token).digest('hex');

/** Reports whether a text can be a token, so that nothing else is ever sent in a header or printed for kubectl. */
export const isToken = (text: unknown): text is string =>
  typeof text === 'string' && /^[A-Za-z0-9._~+/-]{16,4096}=*$/.test(text);

type Fields = Credential & { version: number; gateway: string; keyringFailed: boolean; tokenSha256: string };

/** Reads the credential file of a gateway. Returns undefined if it is not one. */
export function parseStoredCredential(text: string, origin: string): StoredCredential | undefined {
  let value: Partial<Fields>;
  try {
    value = (JSON.parse(text) ?? {}) as Partial<Fields>;
  } catch {
    return undefined;
  }
  const { version, gateway, token, tokenSha256, keyringFailed, user, sessionId, expiresAt, idleMs } = value;
  if (version !== 1 || gateway !== origin || typeof user !== 'string' || typeof sessionId !== 'string')
    return undefined;
  if (!Number.isSafeInteger(expiresAt) || !Number.isSafeInteger(idleMs)) return undefined;
  const rest = { user, sessionId, expiresAt: expiresAt!, idleMs: idleMs! };
  if (isToken(token)) return { token, ...rest, ...(keyringFailed === true ? { keyringFailed } : {}) };
  return typeof tokenSha256 === 'string' && /^[0-9a-f]{64}$/.test(tokenSha256) ? { tokenSha256, ...rest } : undefined;
}

/** Returns the text of the credential file. */
export function formatStoredCredential(stored: StoredCredential, origin: string): string {
  return `${JSON.stringify({ version: 1, gateway: origin, ...stored }, null, 2)}\n`;
}
