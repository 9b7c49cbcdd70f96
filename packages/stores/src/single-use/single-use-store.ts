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
