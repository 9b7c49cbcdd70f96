import { isLogin, type Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { type ListedSession, type SessionStore } from '@sallyport/stores';
import type { LoginSettings } from '../settings/login-settings.ts';
import type { LoginEvents } from '../events/login-events.ts';

/** What enforcing the limit needs. */
type LimitSessionsDeps = {
  sessions: Pick<SessionStore, 'list' | 'revoke'>;
  settings: Pick<LoginSettings, 'perUser' | 'onLimit'>;
  events: Pick<LoginEvents, 'ended'>;
};

const tooMany = (perUser: number) =>
  new ProblemError(
    'too-many-requests',
    `You already have ${perUser} sessions, the maximum here. End one first: run "sallyport sessions list", then "sallyport sessions revoke".`,
  );

/**
 * Sorts sessions that were never used first, then by age. An unused login, such as one that another website started in
 * the user's browser, must not push out a session in use.
 */
const byExpendability = (a: ListedSession, b: ListedSession) =>
  Number(a.usedAt !== undefined) - Number(b.usedAt !== undefined) || a.createdAt - b.createdAt;

/** Returns the user's log-ins, except the new one and the one that it replaces. */
async function others(
  { sessions }: LimitSessionsDeps,
  { id: own, identity: { issuer, subject } }: Session,
  replaced: string | undefined,
): Promise<ListedSession[]> {
  const found = (await sessions.list({ issuer, subject })).filter(isLogin);
  return found.filter(({ id }) => id !== own && id !== replaced);
}

/** Refuses a session that is about to be created if the user may have no more. */
export async function refuseBeyondLimit(
  deps: LimitSessionsDeps,
  created: Session,
  replaced: string | undefined,
): Promise<void> {
  const { perUser, onLimit } = deps.settings;
  if (perUser !== undefined && onLimit === 'refuse' && (await others(deps, created, replaced)).length >= perUser)
    throw tooMany(perUser);
}

/**
 * Enforces the limit after a new session was created: ends unused and then the oldest sessions, or refuses the new one.
 * If several are created at once, the last one sees all others. So never too many remain, but possibly too few.
 */
export async function limitSessions(
  deps: LimitSessionsDeps,
  created: Session,
  replaced: string | undefined,
): Promise<void> {
  const {
    sessions,
    settings: { perUser, onLimit },
    events,
  } = deps;
  if (perUser === undefined) return;
  if (onLimit === 'refuse') return refuseBeyondLimit(deps, created, replaced);
  const before = (await others(deps, created, replaced)).toSorted(byExpendability);
  for (const { id } of before.slice(0, Math.max(0, before.length - perUser + 1))) {
    const ended = await sessions.revoke(id, { by: 'authenticate', reason: 'limit' });
    if (ended)
      void events.ended(ended, {
        reason: 'limit',
        detail: `the user logged in again and may have at most ${perUser} sessions`,
      });
  }
}
