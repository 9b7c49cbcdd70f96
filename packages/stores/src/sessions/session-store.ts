import type { EndReason, RightsEnd, Session, SessionChange, SessionStart, Tombstone } from '@sallyport/contracts';
import type { ExpiredSession } from './expired-session.ts';

/**
 * A live session with `idleEndsAt`, when it ends unless it is used again, and `usedAt`, when it was first used (absent if
 * never). Times are milliseconds since the epoch.
 */
export type ListedSession = Session & { idleEndsAt: number; usedAt?: number };

/** A live session with its own idle end, and when it was first used. */
type LiveSession = { session: Session; idleEndsAt: number; usedAt?: number };

/**
 * What the store knows of a token's hash. A store that cannot be reached rejects with `sessions-unavailable` instead. A
 * session with a parent is live only while `parent` is, and has the identity of it.
 */
export type SessionLookup =
  | ({ state: 'live'; parent?: LiveSession } & LiveSession)
  | { state: 'revoked'; tombstone: Tombstone }
  | { state: 'unknown' };

/**
 * Selects sessions: those of a person, by issuer and subject, or those of one session at the identity provider, by
 * issuer and sid.
 */
export type SessionOwner = { issuer: string; subject: string } | { issuer: string; sid: string };

/** A session that was ended, with its children, which ended with it. */
export type RevokedSession = Session & { children?: readonly Session[] };

/** Stores sessions by the SHA-256 (base64url) of their token. Every backend passes the same conformance suite. */
export interface SessionStore {
  /**
   * Stores a new session until its idle or absolute end, whichever comes first. Rejects with `conflict` if the hash or
   * the id is taken, or if the parent is not a login of the same person that lasts as long. Rejects with `login-expired`
   * if the parent has ended, also if that happens in the meantime.
   */
  create(tokenHash: string, session: Session): Promise<void>;
  /**
   * Looks up each hash, in order, in one round trip, and the parents of what was found in a second one. Results are never
   * cached.
   */
  find(tokenHashes: readonly string[]): Promise<SessionLookup[]>;
  /** Looks up a session by its public id. */
  read(sessionId: string): Promise<SessionLookup>;
  /** Records the first use of a session. Later uses change nothing. */
  noteUse(tokenHash: string): Promise<void>;
  /** Moves the idle end, which counts as a use. Never revives a revoked or expired session. */
  renew(tokenHash: string, session: Session): Promise<void>;
  /**
   * Replaces a live session with the result of `change` and publishes `changed` for it and its children. If another
   * process has replaced it in the meantime, `change` is called again. An unchanged result writes nothing. Returns
   * undefined if there is no live session. The person, the id and the end of a session cannot be changed (`conflict`).
   */
  update(sessionId: string, change: (session: Session) => Session): Promise<Session | undefined>;
  /**
   * Ends a session and its children by its public id, publishes that, and leaves tombstones for as long as the sessions
   * could have lived. Returns undefined if there is no live session.
   */
  revoke(sessionId: string, by: { by: string; reason: EndReason }): Promise<RevokedSession | undefined>;
  /**
   * Resolves when enough replicas have all ends and ended rights that were written here before, and the changes of the
   * directory. Rejects with `sessions-unavailable` if that is not known: a failover could bring back what has ended.
   */
  confirm(): Promise<void>;
  /**
   * Takes sessions that have ended by themselves, once that is so by every clock. Callers at the same time get different
   * ones. Each is taken again after `leaseMs`, for at most a day, unless it is forgotten. `more`: there may be more now.
   */
  takeExpired(limit: number, leaseMs: number): Promise<{ expired: ExpiredSession[]; more: boolean }>;
  /** Forgets a session that was taken, because its end is recorded. */
  forgetExpired(tokenHash: string): Promise<void>;
  /** Notes that everything ends that people were given for a time, however many sessions they have. */
  endRights(of: RightsEnd['of'], reason: RightsEnd['reason']): Promise<void>;
  /**
   * Lists what was noted after a position, or since the beginning, and the position from which to go on: the same one if
   * that was all. A call lists a part.
   */
  rightsEnded(after?: string): Promise<{ position: string | undefined; ends: RightsEnd[] }>;
  /** Lists live sessions, of one owner or of all, oldest first. */
  list(of?: SessionOwner): Promise<ListedSession[]>;
  /** Calls back for every session that is revoked or changed, on any replica. Returns a function that unsubscribes. */
  onChange(listener: (change: SessionChange) => void): () => void;
  /**
   * Calls back for new sessions, on any replica. Some may be missed, so only lists may depend on it. Returns a function
   * that unsubscribes.
   */
  onStart(listener: (start: SessionStart) => void): () => void;
  /**
   * Calls back when changes may have been missed, so that everything that depends on a session must be looked up again:
   * each time the feed of changes is established, including the first. Returns a function that unsubscribes.
   */
  onGap(listener: () => void): () => void;
  /** Resolves if the store answers. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Returns a live session as lists show it. */
export function listed({ session, idleEndsAt, usedAt, parent }: SessionLookup & { state: 'live' }): ListedSession {
  const ends = Math.min(idleEndsAt, parent?.idleEndsAt ?? Infinity);
  return { ...session, idleEndsAt: ends, ...(usedAt === undefined ? {} : { usedAt }) };
}

/** Reports whether what was found is live at this time, which is not before it was looked up. */
export function isLiveAt(found: SessionLookup, at: number): found is SessionLookup & { state: 'live' } {
  return (
    found.state === 'live' && found.idleEndsAt > at && (found.parent === undefined || found.parent.idleEndsAt > at)
  );
}

/** Returns the message that tells listeners of a new session; `at` is in milliseconds since the epoch. */
export function startOf({ id, identity: { issuer, subject } }: Session, at: number): SessionStart {
  return { sessionId: id, issuer, subject, at };
}

/** Returns the message that tells listeners of an ended or changed session; `at` is in milliseconds since the epoch. */
export const changeOf = (type: SessionChange['type'], session: Session, at: number): SessionChange => ({
  type,
  ...startOf(session, at),
});
