import type { Config, Identity, SourceConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { keyOf, matchKey } from '../groups/keys.ts';
import { entraKey } from '../sources/entra-source.ts';
import { syncFault } from '../sources/stored-source.ts';
import { maxFound, type DirectoryEntry, type DirectoryStore } from '../store/directory-store.ts';

/** A key of one source, by which it knows a login. */
export type SourceKey = { source: string; key: string };

/** A person in one source, with the user names and email addresses that the source has for them. */
type LinkedEntry = { source: string; id: string; names: string[] };

/** What the directory knows of people besides their groups: which identities are of one person. */
export type LinkedPeople = {
  /** Returns the keys by which the sources of its provider know an identity. */
  keysOf(identity: Identity): SourceKey[];
  /**
   * Finds the people with one of these keys, and those with one of these user names or email addresses in any source.
   * Rejects with `service-unavailable` if a source has not been read recently, with `sessions-unavailable` if the store
   * cannot be reached, and with `forbidden` if more people have a name than can be looked at.
   */
  find(names: readonly string[], keys: readonly SourceKey[]): Promise<LinkedEntry[]>;
};

/** A file of people has no entries: it knows them by the names of their logins alone. */
const isStored = ({ kind }: SourceConfig) => kind !== 'map';

const named = ['name:', 'email:'];
const namesOf = ({ keys }: DirectoryEntry) =>
  keys.flatMap((key) => named.filter((kind) => key.startsWith(kind)).map((kind) => key.slice(kind.length)));

/** Finds linked identities in the entries of the sources. */
export function createLinkedPeople(deps: {
  identity: Config['identity'];
  store: Pick<DirectoryStore, 'find' | 'lastSync'>;
  now: () => number;
}): LinkedPeople {
  const { identity, store } = deps;
  const sources = identity.directory.sources.filter(isStored);
  const byId = new Map(sources.map((source) => [source.id, source]));
  const sourcesOf = new Map(
    identity.providers.map(({ id, groupSources }) => [id, groupSources.flatMap((name) => byId.get(name) ?? [])]),
  );
  const requireSynced = async () => {
    for (const source of sources) {
      const fault = await syncFault(source, deps);
      if (fault !== undefined)
        throw new ProblemError(
          'service-unavailable',
          `It is not known which accounts belong to one person: the directory ${source.id} ${fault}. Try again shortly. If the problem persists, contact the operator.`,
        );
    }
  };
  const findKey = async ({ source, key }: SourceKey): Promise<LinkedEntry[]> => {
    const found = await store.find(source, 'people', key);
    if (found.length >= maxFound)
      throw new ProblemError(
        'forbidden',
        `Too many people in the directory ${source} share a name, so it is not known which accounts belong to one person. Contact the operator.`,
      );
    return found.map((entry) => ({ source, id: entry.id, names: namesOf(entry) }));
  };
  return {
    keysOf: (of) =>
      (sourcesOf.get(of.provider) ?? []).flatMap((source) => {
        const key = 'match' in source ? matchKey(source.match, of) : entraKey(of);
        return key === undefined ? [] : [{ source: source.id, key }];
      }),
    async find(names, keys) {
      await requireSynced();
      const usable = names.filter((name) => !name.includes('\0'));
      const asked = sources.flatMap(({ id }) =>
        usable.flatMap((name) => [keyOf.name(name), keyOf.email(name)].map((key) => ({ source: id, key }))),
      );
      const known = keys.filter(({ source }) => byId.has(source));
      return (await Promise.all([...known, ...asked].map(findKey))).flat();
    },
  };
}
