import { matches } from '../filter/matches.ts';
import { groupSchema } from '../schema/group-schema.ts';
import { invalidValue, ScimError } from '../errors/scim-error.ts';
import { parsePath } from './parse-path.ts';
import type { Operation } from './read-operations.ts';

/** What operations make of a group's members, one after the other. */
export type MemberPlan = {
  /** Whether those who were members before are taken out, but for those who are added. */
  afresh: boolean;
  add: Set<string>;
  remove: Set<string>;
};

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const part = (map: Record<string, unknown>, name: string) =>
  Object.entries(map).find(([key]) => key.toLowerCase() === name)?.[1];

function readMember(given: unknown): string {
  const id = typeof given === 'string' ? given : isMap(given) ? part(given, 'value') : undefined;
  if (typeof id !== 'string' || id === '' || id.length > 256)
    throw invalidValue('A member has no value; it is the id of a user.');
  const type = isMap(given) ? part(given, 'type') : undefined;
  if (type !== undefined && type !== null && (typeof type !== 'string' || type.toLowerCase() !== 'user'))
    throw invalidValue('Groups within groups are not supported: send the people that are in them.');
  return id;
}

/** Reads a list of members into ids of people. Throws a ScimFault. */
export function readMembers(value: unknown): string[] {
  if (value === undefined || value === null) return [];
  return [...new Set([value].flat().map(readMember))];
}

/** Whether a path is about the members. */
export function targetsMembers(path: string): boolean {
  const own = path.toLowerCase().startsWith(`${groupSchema.urn.toLowerCase()}:`)
    ? path.slice(groupSchema.urn.length + 1)
    : path;
  return /^members(?:$|[[.])/i.test(own);
}

/** The ids that `members[value eq "…"]` names; of other filters, those among the members now. */
async function chosen(path: string, current: () => Promise<string[]>): Promise<string[] | undefined> {
  const target = parsePath(groupSchema, path);
  if (target === 'extension' || target.sub)
    throw new ScimError(400, 'Parts of a member cannot be changed.', 'mutability');
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

/** Adds one operation about members to the plan. `current` asks for the members as they are. Throws a ScimFault. */
export async function planMembers(
  plan: MemberPlan,
  { op, path, value }: Operation & { path: string },
  current: () => Promise<string[]>,
): Promise<void> {
  const named = await chosen(path, current);
  const take = (ids: readonly string[]) => {
    for (const id of ids) {
      plan.remove.add(id);
      plan.add.delete(id);
    }
  };
  if (op === 'remove') {
    if (named) return take(named);
    // Entra names those who are to go in the value; nobody named means everybody.
    if (value !== undefined && value !== null) return take(readMembers(value));
  }
  if (op === 'replace' && named) take(named);
  else if (op !== 'add') Object.assign(plan, { afresh: true, add: new Set(), remove: new Set() } satisfies MemberPlan);
  if (op === 'remove') return;
  for (const id of readMembers(value)) {
    plan.add.add(id);
    plan.remove.delete(id);
  }
}
