import type { HeldName, NameStore } from './name-store.ts';

/** Creates a store of names in memory, for a single process or a test. */
export function createMemoryNameStore({ now }: { now: () => number }): NameStore {
  const names = new Map<string, HeldName>();
  const countOf = (uid: string) => [...names.values()].filter((one) => one.uid === uid).length;
  return {
    async hold(name, { uid, user }, { max = Infinity, reserved = false } = {}) {
      const held = names.get(name);
      if (held?.uid === uid && !reserved) return 'held';
      if (countOf(uid) >= max) return 'too-many';
      if (held || reserved) return 'of-another';
      names.set(name, { name, uid, user, since: now() });
      return 'given';
    },
    read: async (name) => names.get(name),
    release: async (name, uid) => names.get(name)?.uid === uid && names.delete(name),
    list: async () => [...names.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
