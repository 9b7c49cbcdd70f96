import { memoryTables, savedStore, type Tables } from '../embedded/tables.ts';

/** The identity provider's tokens for a session, sealed, and the state of their refresh. Times are ms since the epoch. */
export type ProviderTokens = {
  sessionId: string;
  /** The provider's id in the configuration. */
  provider: string;
  /** Sealed with the session's id as its owner. */
  sealed: string;
  createdAt: number;
  /** When the session ends at the latest, and its tokens with it. */
  expiresAt: number;
  /** When the provider last confirmed the person. */
  succeededAt: number;
  /** Failed attempts since then. */
  failures: number;
};

/** Tokens that a process has taken with `hold`. A later holder gets a higher fence, after which this one cannot write. */
export type HeldTokens = ProviderTokens & { fence: number };

/**
 * Stores tokens by session, and when each session is due for a refresh. Several processes share the work. Every backend
 * passes the same conformance suite.
 */
export interface ProviderTokenStore {
  /** Keeps the tokens of a session until `expiresAt`; with `dueAt`, schedules a refresh. */
  keep(tokens: ProviderTokens, dueAt?: number): Promise<void>;
  read(sessionId: string): Promise<ProviderTokens | undefined>;
  /**
   * Returns at most `limit` ids that are due, the longest due first. They are due again after `leaseMs`; until then no
   * other caller gets them.
   */
  takeDue(limit: number, leaseMs: number): Promise<string[]>;
  /** Takes the tokens for `leaseMs`. Returns `held` while another process has them, undefined if there are none. */
  hold(sessionId: string, leaseMs: number): Promise<HeldTokens | 'held' | undefined>;
  /**
   * Writes the outcome and releases the tokens. Returns false and writes nothing if another process has taken them since,
   * or if they are gone.
   */
  settle(held: HeldTokens, outcome: { sealed: string; succeededAt: number; failures: number }): Promise<boolean>;
  /** Sets when the tokens are due next, if there are any. */
  schedule(sessionId: string, dueAt: number): Promise<void>;
  forget(sessionId: string): Promise<void>;
  /** Returns how many sessions are scheduled for a refresh. */
  count(): Promise<number>;
}

type Entry = { tokens: ProviderTokens; dueAt?: number | undefined; fence: number; heldUntil: number };

/**
 * Creates a store of provider tokens in memory, with what `tables` keep on a disk. It keeps at most `max` (100,000) and
 * drops the oldest first.
 */
export function createMemoryProviderTokenStore(deps: {
  now: () => number;
  max?: number;
  tables?: Tables;
}): ProviderTokenStore {
  const { now, max = 100_000, tables = memoryTables } = deps;
  const entries = tables.map<Entry>('provider-tokens');
  const present = (sessionId: string): Entry | undefined => {
    const entry = entries.get(sessionId);
    if (entry && now() < entry.tokens.expiresAt) return entry;
    entries.delete(sessionId);
    return undefined;
  };
  const change = (entry: Entry, to: Partial<Entry>) =>
    void entries.set(entry.tokens.sessionId, Object.assign(entry, to));
  const store: ProviderTokenStore = {
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
      for (const entry of due) change(entry, { dueAt: at + leaseMs });
      return due.map(({ tokens }) => tokens.sessionId);
    },
    async hold(sessionId, leaseMs) {
      const entry = present(sessionId);
      if (!entry) return undefined;
      if (now() < entry.heldUntil) return 'held';
      change(entry, { heldUntil: now() + leaseMs, fence: entry.fence + 1 });
      return { ...entry.tokens, fence: entry.fence };
    },
    async settle({ sessionId, fence }: HeldTokens, outcome) {
      const entry = present(sessionId);
      if (entry?.fence !== fence) return false;
      change(entry, { tokens: { ...entry.tokens, ...outcome }, heldUntil: 0 });
      return true;
    },
    async schedule(sessionId, dueAt) {
      const entry = present(sessionId);
      if (entry) change(entry, { dueAt });
    },
    forget: async (sessionId) => void entries.delete(sessionId),
    count: async () => [...entries.values()].filter(({ dueAt }) => dueAt !== undefined).length,
  };
  return savedStore(store, tables, ['keep', 'takeDue', 'hold', 'settle', 'schedule', 'forget']);
}
