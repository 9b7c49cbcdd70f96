import type { Session } from '@sallyport/contracts';
import { hashToken } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';

type BeginDeps = {
  sessions: Pick<SessionStore, 'create'>;
  events: { notBegun(session: Session, why: { path: string; error: unknown }): void };
  randomToken: () => string;
};

/**
 * Begins a session with a new token, after `record` has recorded it. If that fails, or the session cannot be stored, an
 * event says that it has not begun. Returns the token.
 */
export async function beginWithToken(
  { sessions, events, randomToken }: BeginDeps,
  session: Session,
  path: string,
  record: () => Promise<void>,
): Promise<string> {
  const token = `spt_${randomToken()}`;
  try {
    await record();
    await sessions.create(hashToken(token), session);
  } catch (error) {
    events.notBegun(session, { path, error });
    throw error;
  }
  return token;
}
