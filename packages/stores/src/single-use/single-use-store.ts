/**
 * Short-lived values, most of which can be taken exactly once: login transactions, one-time codes. Keys are stored
 * hashed.
 */
export interface SingleUseStore {
  /** Keeps `value` under (kind, key) for `ttlMs` milliseconds, in place of what was there. */
  put(kind: string, key: string, value: unknown, ttlMs: number): Promise<void>;
  /** Keeps it only if nothing is there; false if something is. Of many claimants at once one gets it. */
  claim(kind: string, key: string, value: unknown, ttlMs: number): Promise<boolean>;
  /** Returns and removes in one step; undefined if absent, expired or already taken. */
  take(kind: string, key: string): Promise<unknown>;
  /** Returns and leaves it there; undefined if absent, expired or already taken. */
  read(kind: string, key: string): Promise<unknown>;
  /**
   * Counts one more event; how many there have been since the first one, which is forgotten with the others `windowMs`
   * milliseconds after it.
   */
  count(kind: string, key: string, windowMs: number): Promise<number>;
}
