import type { Identity, ProviderConfig } from '@sallyport/contracts';
import { checkName } from '../claims/check-name.ts';

/** What a source knows about a user. `groups` are named as policies see them. */
export type SourceAnswer = { known: false } | { known: true; active: boolean; groups: string[] };

/** One source of groups, for the users of one provider. */
export type GroupSource = {
  id: string;
  /** Whether only users whom it knows may log in. */
  required: boolean;
  /**
   * Looks a user up. `mayQuery` is true at logins and refreshes and allows requests to other services. Rejects with
   * `identity-provider-unavailable`, or with `login-failed` if the answer is ambiguous.
   */
  lookUp(identity: Identity, mayQuery: boolean): Promise<SourceAnswer>;
  /** Returns the key under which the store notes changes of this user. Undefined if there is none. */
  keyOf?(identity: Identity): string | undefined;
};

/**
 * Returns the names of groups as policies see them: prefixed, unique and sorted. Throws `login-failed` for a name that
 * could not be sent to a cluster unchanged.
 */
export function nameGroups({ prefix }: Pick<ProviderConfig, 'prefix'>, names: readonly string[]): string[] {
  return [
    ...new Set(names.map((name) => checkName('A group', `${prefix.groups}${checkName('A group', name)}`))),
  ].toSorted((a, b) => (a < b ? -1 : 1));
}
