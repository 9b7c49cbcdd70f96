import { hashToken } from '@sallyport/kit';
import { memoryTables, savedStore, type Tables } from '../embedded/tables.ts';

/** Stores short-lived values, most of which can be taken exactly once: login transactions, one-time codes. Hashes keys. */
export interface SingleUseStore {
  /** Keeps `value` under (kind, key) for `ttlMs` milliseconds, replacing any other. */
  put(kind: string, key: string, value: unknown, ttlMs: number): Promise<void>;
  /** Keeps `value` only if there is none yet, and reports whether it did. Of concurrent calls only one succeeds. */
  claim(kind: string, key: string, value: unknown, ttlMs: number): Promise<boolean>;
  /** Returns and removes a value in one step; undefined if absent, expired or already taken. */
  take(kind: string, key: string): Promise<unknown>;
  /** Returns a value and keeps it; undefined if absent, expired or already taken. */
  read(kind: string, key: string): Promise<unknown>;
  /**
   * Counts an event and returns how many there were in the window, which begins with the first event and lasts `windowMs`
   * milliseconds.
   */
  count(kind: string, key: string, windowMs: number): Promise<number>;
}

const prefix = 'single-use/';
type Entry = { text: string; endsAt: number };

/**
 * Creates a store of single-use values in memory, with what `tables` keep on a disk. Each kind keeps at most `maxPerKind`
 * (10,000) values and then drops the oldest, so that a flood of one kind costs neither memory nor the other kinds.
 */
export function createMemorySingleUseStore(deps: {
  now: () => number;
  maxPerKind?: number;
  tables?: Tables;
}): SingleUseStore {
  const { now, maxPerKind = 10_000, tables = memoryTables } = deps;
  const kinds = new Map<string, Map<string, Entry>>();
  const kindOf = (kind: string) => {
    const entries = kinds.get(kind) ?? tables.map<Entry>(`${prefix}${kind}`);
    kinds.set(kind, entries);
    return entries;
  };

  // Otherwise what a process before this one has left would stay until its kind is used again.
  for (const kind of tables.stored(prefix)) {
    const entries = kindOf(kind);
    for (const [key, { endsAt }] of entries) if (endsAt <= now()) entries.delete(key);
  }

  const makeRoom = (entries: Map<string, Entry>) => {
    for (const [key, entry] of entries) {
      // Entries are in order of arrival and one kind has one lifetime, so no entry after the first live one has ended.
      if (entry.endsAt > now() && entries.size < maxPerKind) return;
      entries.delete(key);
    }
  };

  const live = (kind: string, name: string): Entry | undefined => {
    const entry = kindOf(kind).get(name);
    return entry && now() < entry.endsAt ? entry : undefined;
  };

  const keep = (kind: string, name: string, entry: Entry) => {
    const entries = kindOf(kind);
    entries.delete(name);
    makeRoom(entries);
    entries.set(name, entry);
  };

  const store: SingleUseStore = {
    async put(kind, key, value, ttlMs) {
      keep(kind, hashToken(key), { text: JSON.stringify(value), endsAt: now() + ttlMs });
    },
    async claim(kind, key, value, ttlMs) {
      const name = hashToken(key);
      if (live(kind, name)) return false;
      keep(kind, name, { text: JSON.stringify(value), endsAt: now() + ttlMs });
      return true;
    },
    async take(kind, key) {
      const name = hashToken(key);
      const entry = live(kind, name);
      kindOf(kind).delete(name);
      return entry && (JSON.parse(entry.text) as unknown);
    },
    async read(kind, key) {
      const entry = live(kind, hashToken(key));
      return entry && (JSON.parse(entry.text) as unknown);
    },
    async count(kind, key, windowMs) {
      const name = hashToken(key);
      const entry = live(kind, name);
      const counted = entry ? Number(entry.text) + 1 : 1;
      if (!entry) keep(kind, name, { text: '1', endsAt: now() + windowMs });
      else kindOf(kind).set(name, { ...entry, text: String(counted) });
      return counted;
    },
  };
  return savedStore(store, tables, ['put', 'claim', 'take']);
}
