import type { Identity, ProviderConfig, SourceConfigOf } from '@sallyport/contracts';
import { fold } from '../groups/fold.ts';
import type { PeopleMap } from '../map/read-people-map.ts';
import { nameGroups } from '../groups/name-groups.ts';
import type { GroupSource } from './group-source.ts';

/**
 * The groups that a map has for somebody, by the name they have here or by an address that the provider vouches for;
 * undefined if it does not know them.
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

/** A file says who is in which group. */
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
