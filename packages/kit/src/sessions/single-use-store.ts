/** Short-lived values that can be taken exactly once: login transactions, one-time codes. */
export interface SingleUseStore {
  /** Keeps `value` under (kind, key) for `ttlMs` milliseconds. The key is stored hashed. */
  put(kind: string, key: string, value: unknown, ttlMs: number): Promise<void>;
  /** Returns and removes in one step; undefined if absent, expired or already taken. */
  take(kind: string, key: string): Promise<unknown>;
}
