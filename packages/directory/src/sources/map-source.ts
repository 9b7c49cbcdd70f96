import type { Identity, ProviderConfig, SourceConfigOf } from '@sallyport/contracts';
import { nameGroups, type GroupSource } from '../groups/group-source.ts';
import { fold } from '../groups/keys.ts';
import type { PeopleMap } from '../map/read-people-map.ts';

/**
 * Returns the groups of a user in the file, by their user name or verified e-mail address. Undefined if the file does
 * not list them.
 */
export function groupsInMap(
  { byUser, byEmail }: PeopleMap,
  { user, email }: Pick<Identity, 'user' | 'email'>,
): string[] | undefined {
  const found = [byUser.get(user), email === undefined ? undefined : byEmail.get(fold(email))].filter(
    (groups) => groups !== undefined,
  );
  return found.length === 0 ? undefined : [...new Set(found.flat())].toSorted((a, b) => (a < b ? -1 : 1));
}

/** Creates the source for a file of people and groups. */
export function createMapSource(deps: {
  provider: ProviderConfig;
  source: SourceConfigOf<'map'>;
  map: () => PeopleMap;
}): GroupSource {
  const { provider, source } = deps;
  return {
    id: source.id,
    required: source.required,
    async lookUp(identity) {
      const groups = groupsInMap(deps.map(), identity);
      return groups === undefined
        ? { known: false }
        : { known: true, active: true, groups: nameGroups(provider, groups) };
    },
  };
}
