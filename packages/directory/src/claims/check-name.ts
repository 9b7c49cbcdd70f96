import { ProblemError } from '@sallyport/kit';
import type { Identity } from '@sallyport/contracts';

const maxBytes = 1024;

/**
 * Returns why a user or group name could not be sent to a cluster unchanged, or undefined if it could. Header values
 * lose surrounding spaces on the way: " system:masters" would arrive as another name.
 */
export function nameFault(name: string): string | undefined {
  if (name === '') return 'is empty';
  if (name !== name.trim()) return 'begins or ends with a space';
  if (/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/.test(name)) return 'contains control characters';
  if (!name.isWellFormed()) return 'is not well-formed Unicode';
  return Buffer.byteLength(name) > maxBytes ? `is longer than ${maxBytes} bytes` : undefined;
}

/**
 * Marks that turn the direction of text, marks without width, fillers and the like, the blank of Braille, and spaces that
 * look like the usual one.
 */
const unseen = /(?! )[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Zs}\u2800]/u;

/**
 * Returns why no one can have this user name, or undefined if someone can. It is shown to those who approve, and in the
 * audit trail, and must not look like the name of another. Groups are named by administrators and may have such marks,
 * which Persian and emoji need.
 */
export function userNameFault(name: string): string | undefined {
  return nameFault(name) ?? (unseen.test(name) ? 'contains invisible characters' : undefined);
}

/**
 * Throws `login-failed` for a name that has a fault, by default one that could not be sent to a cluster unchanged. `what`
 * describes the name in the message.
 */
export function checkName(what: string, name: string, faultOf = nameFault): string {
  const fault = faultOf(name);
  if (fault !== undefined) throw new ProblemError('login-failed', `${what} that the identity provider sent ${fault}.`);
  return name;
}

/** Prefixes of names that belong to other providers. */
export type ForeignPrefixes = { user: readonly string[]; groups: readonly string[] };

/**
 * Throws `login-failed` for a user or group name that belongs to another provider. No provider may pass its users off as
 * those of another.
 */
export function checkForeignNames(identity: Identity, foreign: ForeignPrefixes): Identity {
  const isForeign = (name: string, prefixes: readonly string[]) => prefixes.some((prefix) => name.startsWith(prefix));
  if (isForeign(identity.user, foreign.user))
    throw new ProblemError(
      'login-failed',
      'The identity provider sent a user name with the prefix of another provider or of a workload.',
    );
  if (identity.groups.some((group) => isForeign(group, foreign.groups)))
    throw new ProblemError(
      'login-failed',
      'The identity provider sent a group name with the prefix of another provider.',
    );
  return identity;
}
