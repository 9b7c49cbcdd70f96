import type { Identity, ProviderConfig, SourceConfig } from '@sallyport/contracts';
import { type DirectoryEntry, type DirectoryStore } from '../store/directory-store.ts';
import { ProblemError } from '@sallyport/kit';
import { isMatchKey, matchKey, type Match } from '../groups/keys.ts';
import { nameGroups } from '../groups/name-groups.ts';
import type { GroupSource, SourceAnswer } from './group-source.ts';

export type StoredSourceConfig = Extract<SourceConfig, { match: unknown }>;
export type StoredSourceDeps = {
  provider: ProviderConfig;
  source: StoredSourceConfig;
  store: DirectoryStore;
  now: () => number;
};

/**
 * A source that is read every now and then must have been read, and not too long ago: else it is as good as away, and
 * nothing is concluded from silence.
 */
async function requireReading({ source, store, now }: StoredSourceDeps): Promise<void> {
  if (!('interval' in source)) return;
  const reading = await store.lastSync(source.id);
  if (reading && now() - reading.at <= source.outageGrace) return;
  const why = reading ? 'could not be read for too long' : 'has not been read yet';
  throw new ProblemError(
    'identity-provider-unavailable',
    `The directory ${source.id}, which says who is in which group, ${why}. Try again shortly; if it stays so, an operator must see why.`,
  );
}

function nameOf(source: StoredSourceConfig, { body }: DirectoryEntry): string[] {
  const name = body[source.kind === 'scim' ? source.groupName : 'displayName'];
  return typeof name === 'string' ? [name] : [];
}

async function say({ provider, source, store }: StoredSourceDeps, key: string): Promise<SourceAnswer> {
  const found = await store.find(source.id, 'people', key);
  if (found.length > 1)
    throw new ProblemError(
      'login-failed',
      `The directory ${source.id} has several people who could be you; an operator must see which one you are.`,
    );
  const [person] = found;
  if (!person)
    return (await store.isGone(source.id, [key])) ? { known: true, active: false, groups: [] } : { known: false };
  const groups = await store.get(source.id, 'groups', await store.groupIds(source.id, person.id));
  return {
    known: true,
    active: person.active,
    groups: nameGroups(
      provider,
      groups.flatMap((group) => (group ? nameOf(source, group) : [])),
    ),
  };
}

/**
 * What was pushed or read into the store. Whoever was removed by name counts as deactivated; whoever was never there is
 * unknown.
 */
export function createStoredSource(deps: StoredSourceDeps): GroupSource {
  const { source } = deps;
  return {
    id: source.id,
    required: source.required,
    async lookUp(identity: Identity) {
      await requireReading(deps);
      const key = matchKey(source.match, identity);
      return key === undefined ? { known: false } : say(deps, key);
    },
    keyOf: (identity) => matchKey(source.match, identity),
  };
}

/** The keys of an entry on which sessions may hang. */
export function sessionKeysOf(match: Match, entries: readonly (DirectoryEntry | undefined)[]): string[] {
  return [...new Set(entries.flatMap((entry) => entry?.keys.filter((key) => isMatchKey(match, key)) ?? []))];
}
