import type { SourceConfig, Identity, ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { nameGroups, type GroupSource, type SourceAnswer } from '../groups/group-source.ts';
import { isMatchKey, matchKey, type Match } from '../groups/keys.ts';
import type { DirectoryStore, DirectoryEntry } from '../store/directory-store.ts';

/**
 * What is wrong with a source that is read at an interval, if it has not been read, or not recently. Nothing may
 * be concluded from outdated data.
 */
export async function syncFault(
  source: SourceConfig,
  { store, now }: { store: Pick<DirectoryStore, 'lastSync'>; now: () => number },
): Promise<string | undefined> {
  if (!('interval' in source)) return undefined;
  const last = await store.lastSync(source.id);
  if (last && now() - last.at <= source.outageGrace) return undefined;
  return last ? 'could not be read for too long' : 'has not been read yet';
}

type StoredSourceConfig = Extract<SourceConfig, { match: unknown }>;
type StoredSourceDeps = {
  provider: ProviderConfig;
  source: StoredSourceConfig;
  store: DirectoryStore;
  now: () => number;
};

/** Throws `identity-provider-unavailable` if a source that is read at an interval has not been read recently. */
async function requireRecentSync(deps: StoredSourceDeps): Promise<void> {
  const fault = await syncFault(deps.source, deps);
  if (fault === undefined) return;
  throw new ProblemError(
    'identity-provider-unavailable',
    `The directory ${deps.source.id}, which supplies your groups, ${fault}. Try again shortly. If the problem persists, contact the operator.`,
  );
}

function nameOf(source: StoredSourceConfig, { body }: DirectoryEntry): string[] {
  const name = body[source.kind === 'scim' ? source.groupName : 'displayName'];
  return typeof name === 'string' ? [name] : [];
}

async function lookUpKey({ provider, source, store }: StoredSourceDeps, key: string): Promise<SourceAnswer> {
  const found = await store.find(source.id, 'people', key);
  if (found.length > 1)
    throw new ProblemError(
      'login-failed',
      `Several people in the directory ${source.id} match your login. Contact the operator.`,
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
 * Creates the source for what was pushed, or read, into the store. A person whom the client deleted counts as
 * deactivated. A person who was never there is unknown.
 */
export function createStoredSource(deps: StoredSourceDeps): GroupSource {
  const { source } = deps;
  return {
    id: source.id,
    required: source.required,
    async lookUp(identity: Identity) {
      await requireRecentSync(deps);
      const key = matchKey(source.match, identity);
      return key === undefined ? { known: false } : lookUpKey(deps, key);
    },
    keyOf: (identity) => matchKey(source.match, identity),
  };
}

/** Returns the keys of entries that sessions may be linked to. */
export function sessionKeysOf(match: Match, entries: readonly (DirectoryEntry | undefined)[]): string[] {
  return [...new Set(entries.flatMap((entry) => entry?.keys.filter((key) => isMatchKey(match, key)) ?? []))];
}
