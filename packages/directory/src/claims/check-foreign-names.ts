import type { Identity } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';

/** Beginnings of names that belong to the other providers. */
export type ForeignPrefixes = { user: readonly string[]; groups: readonly string[] };

/**
 * Refuses a person with a name, or in a group, that belongs to another provider: what a provider sends must not make
 * people into those of another.
 */
export function checkForeignNames(identity: Identity, foreign: ForeignPrefixes): Identity {
  const isForeign = (name: string, prefixes: readonly string[]) => prefixes.some((prefix) => name.startsWith(prefix));
  if (isForeign(identity.user, foreign.user))
    throw new ProblemError(
      'login-failed',
      'The identity provider sent a user name that begins as those of another provider do.',
    );
  if (identity.groups.some((group) => isForeign(group, foreign.groups)))
    throw new ProblemError(
      'login-failed',
      'The identity provider sent a group whose name begins as those of another provider do.',
    );
  return identity;
}
