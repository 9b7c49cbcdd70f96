import { clockSlackMs, keptAfterEndMs, type ExpiredSession } from './expired-session.ts';

/** Creates what a store in memory knows of sessions that ended by themselves. It drops the oldest of more than `max`. */
export function createMemoryExpiredSessions({ now, max }: { now: () => number; max: number }) {
  const kept = new Map<string, { one: ExpiredSession; dueAt: number }>();
  return {
    add(one: ExpiredSession) {
      for (const hash of kept.keys()) {
        if (kept.size < max) break;
        kept.delete(hash);
      }
      kept.set(one.tokenHash, { one, dueAt: one.endedAt + clockSlackMs });
    },
    take(limit: number, leaseMs: number) {
      const at = now();
      for (const [hash, { one }] of kept) if (one.endedAt + keptAfterEndMs <= at) kept.delete(hash);
      const due = [...kept.values()].filter(({ dueAt }) => dueAt <= at).slice(0, limit);
      for (const entry of due) entry.dueAt = at + leaseMs;
      return { expired: due.map(({ one }) => structuredClone(one)), more: due.length === limit };
    },
    forget: (tokenHash: string) => void kept.delete(tokenHash),
    clear: () => kept.clear(),
  };
}
