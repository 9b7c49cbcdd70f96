import type { Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { type ListedSession, type SessionStore } from '@sallyport/stores';
import type { LoginSettings } from '../settings/login-settings.ts';
import type { LoginEvents } from '../events/login-events.ts';

export type LimitSessionsDeps = {
  sessions: Pick<SessionStore, 'list' | 'revoke'>;
  settings: Pick<LoginSettings, 'perUser' | 'onLimit'>;
  events: Pick<LoginEvents, 'ended'>;
};

const tooMany = (perUser: number) =>
  new ProblemError(
    'too-many-requests',
    `You have ${perUser} sessions already, which is as many as one may have here. Log out elsewhere first ("sallyport sessions list", "sallyport sessions revoke").`,
  );

/**
 * Those that were never used first, then the oldest: a login that nobody made use of, as another website may have had
 * the person's browser make, takes no place of one in use.
 */
const leastMissed = (a: ListedSession, b: ListedSession) =>
  Number(a.usedAt !== undefined) - Number(b.usedAt !== undefined) || a.createdAt - b.createdAt;

/** The person's sessions beside the one that is made, and the one that it replaces. */
async function others(
  { sessions }: LimitSessionsDeps,
  { id: own, identity: { issuer, subject } }: Session,
  replaced: string | undefined,
): Promise<ListedSession[]> {
  return (await sessions.list({ issuer, subject })).filter(({ id }) => id !== own && id !== replaced);
}

/** Refuses a session that is about to be made where the person may have no more. */
export async function refuseBeyondLimit(
  deps: LimitSessionsDeps,
  made: Session,
  replaced: string | undefined,
): Promise<void> {
  const { perUser, onLimit } = deps.settings;
  if (perUser !== undefined && onLimit === 'refuse' && (await others(deps, made, replaced)).length >= perUser)
    throw tooMany(perUser);
}

/**
 * Holds a person to the number of sessions that they may have, now that a new one is there: those never used and then
 * the oldest end, or the new one is refused. Of several that are made at once the last sees all others, so that never
 * too many stay; it may be that fewer do.
 */
export async function limitSessions(
  deps: LimitSessionsDeps,
  made: Session,
  replaced: string | undefined,
): Promise<void> {
  const {
    sessions,
    settings: { perUser, onLimit },
    events,
  } = deps;
  if (perUser === undefined) return;
  if (onLimit === 'refuse') return refuseBeyondLimit(deps, made, replaced);
  const before = (await others(deps, made, replaced)).toSorted(leastMissed);
  for (const { id } of before.slice(0, Math.max(0, before.length - perUser + 1))) {
    const ended = await sessions.revoke(id, { by: 'authenticate', reason: 'limit' });
    if (ended)
      events.ended(ended, {
        reason: 'limit',
        detail: `the person logged in again, and has no more than ${perUser} sessions`,
      });
  }
}
