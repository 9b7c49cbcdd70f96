/**
 * What the identity provider gave for a session, sealed, beside what is needed to ask it again. Times are milliseconds
 * since the epoch.
 */
export type ProviderTokens = {
  sessionId: string;
  /** The provider's id in the configuration. */
  provider: string;
  /** Sealed with the session's id as its owner. */
  sealed: string;
  createdAt: number;
  /** When the session ends at the latest, and this with it. */
  expiresAt: number;
  /** When the provider last vouched for the person. */
  succeededAt: number;
  /** Attempts since then that came to nothing. */
  failures: number;
};

/**
 * Tokens that one process works with: whoever takes them up later has a higher number, and from then on this one cannot
 * write.
 */
export type HeldTokens = ProviderTokens & { fence: number };

/**
 * Tokens by the session they belong to, and when each is due. Several processes share the work. Every backend passes
 * one conformance suite.
 */
export interface ProviderTokenStore {
  /** Keeps the tokens of a session until it ends at the latest; with `dueAt`, they are due then. */
  keep(tokens: ProviderTokens, dueAt?: number): Promise<void>;
  read(sessionId: string): Promise<ProviderTokens | undefined>;
  /**
   * Ids that are due, the longest due first, at most `limit`. Nobody else is given them for `leaseMs`; after that they
   * are due again.
   */
  takeDue(limit: number, leaseMs: number): Promise<string[]>;
  /** Takes the tokens up for `leaseMs`; `held` while somebody else has them, undefined if there are none. */
  hold(sessionId: string, leaseMs: number): Promise<HeldTokens | 'held' | undefined>;
  /**
   * Writes what came of it and lets go; false, and nothing is written, if somebody else has taken them up meanwhile or
   * they are gone.
   */
  settle(held: HeldTokens, outcome: { sealed: string; succeededAt: number; failures: number }): Promise<boolean>;
  /** Says when they are due next; nothing happens if there are none. */
  schedule(sessionId: string, dueAt: number): Promise<void>;
  forget(sessionId: string): Promise<void>;
  /** How many are kept to be refreshed. */
  count(): Promise<number>;
}
