import type { Identity } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

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
