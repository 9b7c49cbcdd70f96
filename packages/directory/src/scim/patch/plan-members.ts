import { matches } from '../filter/matches.ts';
import { groupSchema } from '../schema/group-schema.ts';
import { invalidValue, ScimError } from '../errors/scim-error.ts';
import { parsePath } from './parse-path.ts';
import type { Operation } from './read-operations.ts';

/** The combined effect of operations on the members of a group. */
export type MemberPlan = {
  /** Whether all current members are removed, except those in `add`. */
  replaceAll: boolean;
  add: Set<string>;
  remove: Set<string>;
};

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const member = (map: Record<string, unknown>, name: string) =>
  Object.entries(map).find(([key]) => key.toLowerCase() === name)?.[1];

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

/**
 * Returns the ids that the filter of a path selects: the one in `members[value eq "…"]`, or for other filters the
 * current members that match. Undefined if the path has no filter.
 */
async function selectedIds(path: string, current: () => Promise<string[]>): Promise<string[] | undefined> {
  const target = parsePath(groupSchema, path);
  if (target === 'extension' || target.subAttribute)
    throw new ScimError(400, 'The sub-attributes of a member cannot be changed.', 'mutability');
  const { filter } = target;
  if (!filter) return undefined;
  if (
    filter.type === 'compare' &&
    filter.op === 'eq' &&
    filter.path.attribute.name === 'value' &&
    typeof filter.value === 'string'
  )
    return [filter.value];
  return (await current()).filter((value) => matches(filter, { value, type: 'User' }));
}

/** Adds one operation on the members to the plan. `current` reads the current members. Throws a ScimError. */
export async function planMembers(
  plan: MemberPlan,
  { op, path, value }: Operation & { path: string },
  current: () => Promise<string[]>,
): Promise<void> {
  const selected = await selectedIds(path, current);
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
