import { hashToken } from '../hash-token.ts';
import type { SingleUseStore } from './single-use-store.ts';

type Entry = { text: string; endsAt: number };

/** Single-use values in this process's memory. Each kind holds at most `maxPerKind` (10,000) values; beyond that the oldest is dropped, so a flood of one kind costs neither memory nor the other kinds. */
export function createMemorySingleUseStore(deps: { now: () => number; maxPerKind?: number }): SingleUseStore {
  const { now, maxPerKind = 10_000 } = deps;
  const kinds = new Map<string, Map<string, Entry>>();

  const makeRoom = (entries: Map<string, Entry>) => {
    for (const [key, entry] of entries) {
      // In order of arrival: everything before the first live value has ended, as long as one kind has one lifetime.
      if (entry.endsAt > now() && entries.size < maxPerKind) return;
      entries.delete(key);
    }
  };

  return {
    async put(kind, key, value, ttlMs) {
      const entries = kinds.get(kind) ?? new Map<string, Entry>();
      kinds.set(kind, entries);
      makeRoom(entries);
      entries.set(hashToken(key), { text: JSON.stringify(value), endsAt: now() + ttlMs });
    },
    async take(kind, key) {
      const entries = kinds.get(kind);
      const entry = entries?.get(hashToken(key));
      entries?.delete(hashToken(key));
      return entry && now() < entry.endsAt ? (JSON.parse(entry.text) as unknown) : undefined;
    },
  };
}
