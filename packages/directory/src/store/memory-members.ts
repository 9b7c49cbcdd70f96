/** The memberships of one source, indexed by person and by group, and how often each group's members changed. */
export type MemoryMembers = ReturnType<typeof createMemoryMembers>;

/** Creates the memberships of one source, empty. */
export function createMemoryMembers() {
  const people = new Map<string, Set<string>>();
  const groups = new Map<string, Set<string>>();
  const versions = new Map<string, number>();
  const put = (map: Map<string, Set<string>>, from: string, to: string) => {
    const held = map.get(from) ?? new Set();
    if (held.has(to)) return false;
    map.set(from, held.add(to));
    return true;
  };
  const drop = (map: Map<string, Set<string>>, from: string, to: string) => {
    const held = map.get(from);
    const was = held?.delete(to) ?? false;
    if (held?.size === 0) map.delete(from);
    return was;
  };
  const count = (groupId: string) => versions.set(groupId, (versions.get(groupId) ?? 0) + 1);
  return {
    ofGroup: (id: string) => [...(groups.get(id) ?? [])].toSorted(),
    ofPerson: (id: string) => [...(people.get(id) ?? [])].toSorted(),
    has: (groupId: string, personId: string) => groups.get(groupId)?.has(personId) ?? false,
    versionOf: (groupId: string) => versions.get(groupId) ?? 0,
    change(groupId: string, add: readonly string[], remove: readonly string[]) {
      const removed = remove.filter((id) => drop(groups, groupId, id) && drop(people, id, groupId));
      const added = add.filter((id) => put(groups, groupId, id) && put(people, id, groupId));
      if (added.length + removed.length > 0) count(groupId);
      return { added, removed };
    },
    forgetPerson(personId: string) {
      for (const groupId of people.get(personId) ?? []) {
        drop(groups, groupId, personId);
        count(groupId);
      }
      people.delete(personId);
    },
    forgetGroup: (groupId: string) => void versions.delete(groupId),
  };
}
