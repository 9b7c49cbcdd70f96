import type { ListedSession, SessionLookup } from './session-store.ts';

/** Returns a live session as lists show it. */
export function listed({ session, idleEndsAt, usedAt, parent }: SessionLookup & { state: 'live' }): ListedSession {
  const ends = Math.min(idleEndsAt, parent?.idleEndsAt ?? Infinity);
  return { ...session, idleEndsAt: ends, ...(usedAt === undefined ? {} : { usedAt }) };
}
