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
