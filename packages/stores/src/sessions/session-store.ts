import type { Session, SessionChange, Tombstone } from '@sallyport/contracts';

/**
 * A live session, the time at which it ends if it is not used (it moves with use), and when it was first used (absent:
 * never); in milliseconds since the epoch.
 */
export type ListedSession = Session & { idleEndsAt: number; usedAt?: number };

/** What a token's hash stands for. An unreachable store is never an answer: it rejects with `sessions-unavailable`. */
export type SessionLookup =
  | { state: 'live'; session: Session; idleEndsAt: number; usedAt?: number }
  | { state: 'revoked'; tombstone: Tombstone }
  | { state: 'unknown' };

/**
 * Whose sessions: a person's, by issuer and subject, or those that hang on one session at the identity provider, by
 * issuer and sid.
 */
export type SessionOwner = { issuer: string; subject: string } | { issuer: string; sid: string };

/** Sessions by the SHA-256 (base64url) of their token. Every backend passes one conformance suite. */
export interface SessionStore {
  /**
   * Stores a new session until its idle or absolute end, whichever comes first. Refuses a hash or an id that is taken
   * (`conflict`).
   */
  create(tokenHash: string, session: Session): Promise<void>;
  /** Looks up each hash, in order, in one round trip; never cached. */
  find(tokenHashes: readonly string[]): Promise<SessionLookup[]>;
  /** Looks a session up by its public id. */
  read(sessionId: string): Promise<SessionLookup>;
  /** Notes the first use of a session, and none after it. */
  noteUse(tokenHash: string): Promise<void>;
  /** Moves the idle end, which is a use; never brings a revoked or expired session back. */
  renew(tokenHash: string, session: Session): Promise<void>;
  /**
   * Replaces a live session by what `change` makes of it, if nobody else has replaced it meanwhile (else `change` is
   * asked again), and publishes `changed` at once. A session that comes out as it went in is left alone. Undefined if
   * there is no live session; what says who and whose a session is, and when it ends, cannot be changed (`conflict`).
   */
  update(sessionId: string, change: (session: Session) => Session): Promise<Session | undefined>;
  /**
   * Ends a session by its public id, leaves a tombstone for as long as it could have lived, publishes at once.
   * Undefined if there is none.
   */
  revoke(sessionId: string, by: { by: string; reason: Tombstone['reason'] }): Promise<Session | undefined>;
  /** The live sessions, of one owner or of all, oldest first. */
  list(of?: SessionOwner): Promise<ListedSession[]>;
  /**
   * Calls back for every session that ends before its time or is changed, on whichever replica; returns how to stop.
   */
  onChange(listener: (change: SessionChange) => void): () => void;
  /**
   * Calls back when changes may have been missed and everything that hangs on a session must be looked up again:
   * each time the feed of changes is (re)established, the first time included. Returns how to stop.
   */
  onGap(listener: () => void): () => void;
  /** Resolves if the store answers now. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
