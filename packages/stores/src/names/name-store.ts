import { memoryTables, savedStore, type Tables } from '../embedded/tables.ts';

/** Whom a name belongs to: the uid of the account that first had it (`userUid`), and its user name, to show. */
export type NameHolder = { uid: string; user: string };
/** A name of a service account, and since when it is held, in milliseconds since the epoch. */
export type HeldName = NameHolder & { name: string; since: number };

/**
 * Stores whom the names of service accounts belong to. RBAC, policies and applications compare names, so a name stays
 * with its holder after the account has ended. Nothing here ends by itself.
 */
export interface NameStore {
  /**
   * Gives a free name to `holder`, and says whose it is then. Of concurrent calls only one gives it. A holder of `max`
   * names gets no other one, and is told only that, whether the name is free or not. A name that is `reserved` counts as
   * one of another. Resolves when the name cannot be lost any more. Rejects with `sessions-unavailable` if that is not
   * known.
   */
  hold(
    name: string,
    holder: NameHolder,
    limits?: { max?: number; reserved?: boolean },
  ): Promise<'given' | 'held' | 'of-another' | 'too-many'>;
  /** Returns whom a name belongs to; undefined if it is free. */
  read(name: string): Promise<HeldName | undefined>;
  /** Frees a name, if it belongs to the account with this uid. Reports whether it did. */
  release(name: string, uid: string): Promise<boolean>;
  /** Lists all names that are held, in the order of the names. */
  list(): Promise<HeldName[]>;
}

/** Creates a store of names in memory, for a single process or a test, with what `tables` keep on a disk. */
export function createMemoryNameStore(deps: { now: () => number; tables?: Tables }): NameStore {
  const { now, tables = memoryTables } = deps;
  const names = tables.map<HeldName>('names');
  const countOf = (uid: string) => [...names.values()].filter((one) => one.uid === uid).length;
  const store: NameStore = {
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
  return savedStore(store, tables, ['hold', 'release']);
}
