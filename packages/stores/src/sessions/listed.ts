import type { ListedSession, SessionLookup } from './session-store.ts';

/** Returns a live session as lists show it. */
export function listed({ session, idleEndsAt, usedAt }: SessionLookup & { state: 'live' }): ListedSession {
  return { ...session, idleEndsAt, ...(usedAt === undefined ? {} : { usedAt }) };
}
