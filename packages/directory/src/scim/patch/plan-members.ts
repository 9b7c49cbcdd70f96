import { invalidValue, ScimError } from '../answer/scim-error.ts';
import { comparisonsIn, type Filter } from '../filter/filter.ts';
import { matches } from '../filter/matches.ts';
import { groupSchema } from '../schema/schemas.ts';
import { isMap, member } from '../values/maps.ts';
import { parsePath } from './parse-path.ts';
import type { PatchWork, Operation } from './read-operations.ts';

/** The combined effect of operations on the members of a group. */
export type MemberPlan = {
  /** Whether all current members are removed, except those in `add`. */
  replaceAll: boolean;
  add: Set<string>;
  remove: Set<string>;
};

function readMember(given: unknown): string {
  const id = typeof given === 'string' ? given : isMap(given) ? member(given, 'value') : undefined;
  if (typeof id !== 'string' || id === '' || id.length > 256)
    throw invalidValue('A member has no value. The value is the id of a user.');
  const type = isMap(given) ? member(given, 'type') : undefined;
  if (type !== undefined && type !== null && (typeof type !== 'string' || type.toLowerCase() !== 'user'))
    throw invalidValue('Nested groups are not supported. Send their users as members instead.');
  return id;
}

/** Reads a list of members and returns the ids of users. Throws a ScimError. */
export function readMembers(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return [...new Set([value].flat().map(readMember))];
}

/** Reports whether a path targets the members. */
export function targetsMembers(path: string): boolean {
  const own = path.toLowerCase().startsWith(`${groupSchema.urn.toLowerCase()}:`)
    ? path.slice(groupSchema.urn.length + 1)
    : path;
  return /^members(?:$|[[.])/i.test(own);
}

/** The members of a group as they are now, which are read only if needed, and the work of the PATCH. */
type PlanDeps = { current: () => Promise<ReadonlySet<string>>; work: PatchWork };

/** Returns the ids that `value eq` names and of which every match has one, or undefined if any member may match. */
function namedIds(filter: Filter): string[] | undefined {
  if (filter.type === 'compare')
    return filter.op === 'eq' && filter.path.attribute.name === 'value' && typeof filter.value === 'string'
      ? [filter.value]
      : undefined;
  if (filter.type !== 'and' && filter.type !== 'or') return undefined;
  const named = filter.terms.map(namedIds);
  if (filter.type === 'and') return named.find((ids) => ids !== undefined);
  return named.every((ids) => ids !== undefined) ? [...new Set(named.flat())] : undefined;
}

/**
 * Returns the ids that the filter of a path selects: the one in `members[value eq "…"]`, or for other filters the
 * current members that match. Undefined if the path has no filter.
 */
async function selectedIds(path: string, { current, work }: PlanDeps): Promise<string[] | undefined> {
  const target = parsePath(groupSchema, path);
  if (target === 'extension' || target.subAttribute)
    throw new ScimError(400, 'The sub-attributes of a member cannot be changed.', 'mutability');
  const { filter } = target;
  if (!filter) return undefined;
  const named = namedIds(filter);
  if (named && filter.type === 'compare') return named;
  const members = await current();
  // There may be very many members, so those with an id in the filter are looked up.
  const candidates = named ? named.filter((id) => members.has(id)) : members;
  work.spend(comparisonsIn(filter) * (named?.length ?? members.size));
  const selected: string[] = [];
  for (const value of candidates) {
    await work.turn();
    if (matches(filter, { value, type: 'User' })) selected.push(value);
  }
  return selected;
}

/** Adds one operation on the members to the plan. Throws a ScimError. */
export async function planMembers(
  plan: MemberPlan,
  { op, path, value }: Operation & { path: string },
  deps: PlanDeps,
): Promise<void> {
  await deps.work.turn();
  const selected = await selectedIds(path, deps);
  const remove = (ids: readonly string[]) => {
    for (const id of ids) {
      plan.remove.add(id);
      plan.add.delete(id);
    }
  };
  if (op === 'remove') {
    if (selected) return remove(selected);
    // Entra lists the members to remove in the value. Without any, all members are removed.
    if (value !== undefined && value !== null) return remove(readMembers(value));
  }
  if (op === 'replace' && selected) remove(selected);
  else if (op !== 'add')
    Object.assign(plan, { replaceAll: true, add: new Set(), remove: new Set() } satisfies MemberPlan);
  if (op === 'remove') return;
  for (const id of readMembers(value)) {
    plan.add.add(id);
    plan.remove.delete(id);
  }
}
