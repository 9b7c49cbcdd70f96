import type { Session } from '@sallyport/contracts';
import { ProblemError, type ListedSession, type SessionStore } from '@sallyport/kit';
import type { LoginSettings } from '../login/login-settings.ts';
import type { LoginEvents } from './login-events.ts';

export type LimitSessionsDeps = { sessions: Pick<SessionStore, 'list' | 'revoke'>; settings: Pick<LoginSettings, 'perUser' | 'onLimit'>; events: Pick<LoginEvents, 'ended'> };

/** By age, and where that is the same by id: of two logins at once every replica sees the same one as the first. */
const byAge = (a: ListedSession, b: ListedSession) => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);

/**
 * Holds a person to the number of sessions that they may have, now that a new one is there: the oldest end, or the new one is refused. One that is about
 * to be replaced does not count.
 */
export async function limitSessions({ sessions, settings: { perUser, onLimit }, events }: LimitSessionsDeps, made: Session, replaced: string | undefined): Promise<void> {
  if (perUser === undefined) return;
  const { issuer, subject } = made.identity;
  const all = (await sessions.list({ issuer, subject })).filter(({ id }) => id !== replaced).toSorted(byAge);
  if (onLimit === 'refuse') {
    if (all.findIndex(({ id }) => id === made.id) < perUser) return;
    throw new ProblemError('too-many-requests', `You have ${perUser} sessions already, which is as many as one may have here. Log out elsewhere first ("sallyport sessions list", "sallyport sessions revoke").`);
  }
  for (const { id } of all.slice(0, Math.max(0, all.length - perUser))) {
    if (id === made.id) continue;
    const ended = await sessions.revoke(id, { by: 'authenticate', reason: 'limit' });
    if (ended) events.ended(ended, { reason: 'limit', detail: `the person logged in again, and has no more than ${perUser} sessions` });
  }
}
