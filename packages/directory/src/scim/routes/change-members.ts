import { sessionKeysOf } from '../../sources/stored-source.ts';
import type { DirectoryEntry } from '../../store/directory-store.ts';
import { invalidValue, ScimError } from '../answer/scim-error.ts';
import type { MemberPlan } from '../patch/plan-members.ts';
import type { ScimCall } from './require-client.ts';

/** Large changes are made in batches, so that no other request waits for long. */
const batch = 500;

/** The names of added and removed members, and the keys that their sessions are linked to. */
export type MembersChanged = { added: string[]; removed: string[]; touched: string[] };

/** Makes one write of members, of which these are the names. */
type MemberWrite = <T>(members: { added: string[] } | { removed: string[] }, write: () => Promise<T>) => Promise<T>;

function* slices<T>(items: readonly T[]): Generator<T[]> {
  for (let from = 0; from < items.length; from += batch) yield items.slice(from, from + batch);
}

/** Reads users by their ids. Throws a ScimError if any does not exist. */
export async function readPeople(
  { store, client: { source } }: ScimCall,
  ids: readonly string[],
): Promise<DirectoryEntry[]> {
  const people: DirectoryEntry[] = [];
  for (const some of slices(ids)) {
    const found = await store.get(source.id, 'people', some);
    const unknown = some.filter((_id, index) => found[index] === undefined);
    if (unknown.length > 0)
      throw invalidValue(
        `These members do not exist: ${unknown
          .slice(0, 5)
          .map((id) => JSON.stringify(id.slice(0, 64)))
          .join(', ')}${unknown.length > 5 ? ` and ${unknown.length - 5} more` : ''}.`,
      );
    people.push(...(found as DirectoryEntry[]));
  }
  return people;
}

/** Reads the current members of a group. */
export async function readMembersNow(
  { store, client: { source } }: ScimCall,
  groupId: string,
): Promise<DirectoryEntry[]> {
  const people: DirectoryEntry[] = [];
  for (const some of slices(await store.memberIds(source.id, groupId)))
    people.push(...(await store.get(source.id, 'people', some)).filter((entry) => entry !== undefined));
  return people;
}

const nameOf = ({ id, body }: DirectoryEntry) => (typeof body['userName'] === 'string' ? body['userName'] : id);

/**
 * Carries out a plan in batches. All users to add must exist before anything is changed. Adds to `changed` after each
 * batch, so that it is right even if a later one fails.
 */
export async function changeMembers(
  call: ScimCall,
  groupId: string,
  { plan, changed, write }: { plan: MemberPlan; changed: MembersChanged; write: MemberWrite },
): Promise<void> {
  const { store } = call;
  const { source } = call.client;
  const joining = await readPeople(call, [...plan.add]);
  const current = plan.replaceAll ? await store.memberIds(source.id, groupId) : [];
  const leaving = plan.replaceAll ? current.filter((id) => !plan.add.has(id)) : [...plan.remove];
  const apply = async (change: 'add' | 'remove', people: DirectoryEntry[]) => {
    const touched = sessionKeysOf(source.match, people);
    const names = new Map(people.map((person) => [person.id, nameOf(person)]));
    const all = [...names.values()];
    const outcome = await write(change === 'add' ? { added: all } : { removed: all }, () =>
      store.changeMembers(source.id, groupId, { [change]: people.map(({ id }) => id), touched }),
    );
    if (!outcome) throw new ScimError(404, 'The group does not exist.');
    if (outcome.unknown.length > 0) throw invalidValue('A user was deleted while being added to the group.');
    changed.added.push(...outcome.added.map((id) => names.get(id)!));
    changed.removed.push(...outcome.removed.map((id) => names.get(id)!));
    if (outcome.added.length + outcome.removed.length > 0) changed.touched.push(...touched);
  };
  for (const some of slices(leaving))
    await apply(
      'remove',
      (await store.get(source.id, 'people', some)).filter((entry) => entry !== undefined),
    );
  for (const some of slices(joining)) await apply('add', some);
}
