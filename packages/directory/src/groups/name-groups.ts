import type { ProviderConfig } from '@sallyport/contracts';
import { checkName } from '../claims/check-name.ts';

/**
 * Returns the names of groups as policies see them: prefixed, unique and sorted. Throws `login-failed` for a name that
 * could not be sent to a cluster unchanged.
 */
export function nameGroups({ prefix }: Pick<ProviderConfig, 'prefix'>, names: readonly string[]): string[] {
  return [
    ...new Set(names.map((name) => checkName('A group', `${prefix.groups}${checkName('A group', name)}`))),
  ].toSorted((a, b) => (a < b ? -1 : 1));
}
