import type { HeldTokens, ProviderTokens, ProviderTokenStore } from './provider-token-store.ts';

type Entry = { tokens: ProviderTokens; dueAt: number | undefined; fence: number; heldUntil: number };

/** Creates a store of provider tokens in memory. It keeps at most `max` (100,000) and drops the oldest first. */
export function createMemoryProviderTokenStore(deps: { now: () => number; max?: number }): ProviderTokenStore {
  const { now, max = 100_000 } = deps;
  const entries = new Map<string, Entry>();
  const present = (sessionId: string): Entry | undefined => {
    const entry = entries.get(sessionId);
    if (entry && now() < entry.tokens.expiresAt) return entry;
    entries.delete(sessionId);
    return undefined;
  };
  return {
    async keep(tokens, dueAt) {
      const fence = (entries.get(tokens.sessionId)?.fence ?? 0) + 1;
      entries.delete(tokens.sessionId);
      for (const id of entries.keys()) {
        if (entries.size < max) break;
        entries.delete(id);
      }
      entries.set(tokens.sessionId, { tokens: { ...tokens }, dueAt, fence, heldUntil: 0 });
    },
    async read(sessionId) {
      const entry = present(sessionId);
      return entry && { ...entry.tokens };
    },
    async takeDue(limit, leaseMs) {
      const at = now();
      const due = [...entries.values()]
        .filter(({ dueAt, tokens }) => dueAt !== undefined && dueAt <= at && present(tokens.sessionId) !== undefined)
        .toSorted((a, b) => a.dueAt! - b.dueAt!)
        .slice(0, limit);
      for (const entry of due) entry.dueAt = at + leaseMs;
      return due.map(({ tokens }) => tokens.sessionId);
    },
    async hold(sessionId, leaseMs) {
      const entry = present(sessionId);
      if (!entry) return undefined;
      if (now() < entry.heldUntil) return 'held';
      entry.heldUntil = now() + leaseMs;
      entry.fence += 1;
      return { ...entry.tokens, fence: entry.fence };
    },
    async settle({ sessionId, fence }: HeldTokens, outcome) {
      const entry = present(sessionId);
      if (entry?.fence !== fence) return false;
      Object.assign(entry.tokens, outcome);
      entry.heldUntil = 0;
      return true;
    },
    async schedule(sessionId, dueAt) {
      const entry = present(sessionId);
      if (entry) entry.dueAt = dueAt;
    },
    forget: async (sessionId) => void entries.delete(sessionId),
    count: async () => [...entries.values()].filter(({ dueAt }) => dueAt !== undefined).length,
  };
}
