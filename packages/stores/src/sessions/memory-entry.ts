import type { Session, Tombstone } from '@sallyport/contracts';
import { checkSameSession } from './check-same-session.ts';
import type { SessionLookup } from './session-store.ts';

/** A session in memory, or what remains of one that was revoked. */
export type MemoryEntry = {
  text: string;
  id: string;
  parentId: string | undefined;
  keepsTombstone: boolean;
  expiresAt: number;
  idleEndsAt: number;
  usedAt?: number;
  tombstone?: Tombstone;
};

/** Reports whether the time of an entry is over. */
export const isOver = (entry: MemoryEntry, at: number): boolean =>
  at >= entry.expiresAt || (entry.tombstone === undefined && at >= entry.idleEndsAt);

/** Returns what is known of an entry by itself. */
export function lookUp(entry: MemoryEntry | undefined): SessionLookup {
  if (entry === undefined) return { state: 'unknown' };
  if (entry.tombstone) return { state: 'revoked', tombstone: { ...entry.tombstone } };
  return {
    state: 'live',
    session: JSON.parse(entry.text) as Session,
    idleEndsAt: entry.idleEndsAt,
    ...(entry.usedAt === undefined ? {} : { usedAt: entry.usedAt }),
  };
}

/** Returns the session of an entry that was not revoked. */
export const sessionOf = ({ text }: MemoryEntry): Session => JSON.parse(text) as Session;

/** Turns an entry into what remains of a session that was revoked. */
export function revokeEntry(entry: MemoryEntry, tombstone: Omit<Tombstone, 'id'>): Session {
  const session = sessionOf(entry);
  entry.tombstone = { id: entry.id, ...tombstone };
  entry.text = '';
  return session;
}

/** Replaces the session of an entry. */
export function replaceSession(entry: MemoryEntry, change: (session: Session) => Session): Session {
  const after = change(JSON.parse(entry.text) as Session);
  checkSameSession(JSON.parse(entry.text) as Session, after);
  entry.text = JSON.stringify(after);
  return JSON.parse(entry.text) as Session;
}
