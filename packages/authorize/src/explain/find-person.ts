import { isLogin, type AskedPerson, type Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { type SessionStore } from '@sallyport/stores';

const unknown = (user: string) =>
  new ProblemError(
    'not-found',
    `No user with the name ${JSON.stringify(user.slice(0, 253))} is logged in, so their groups are unknown. Give the groups to assume.`,
  );

/**
 * Returns the session with which to evaluate a question about another user: one with the given values, or, if only the
 * name is given, their latest live session.
 */
export async function findPerson(
  about: AskedPerson,
  deps: { sessions: Pick<SessionStore, 'list'>; now: number },
): Promise<Session> {
  const { user, email, groups, claims } = about;
  if (groups === undefined && claims === undefined) {
    const found = (await deps.sessions.list())
      .filter(isLogin)
      .findLast(
        ({ identity, expiresAt }) => (identity.user === user || identity.email === user) && expiresAt > deps.now,
      );
    if (!found) throw unknown(user);
    return email === undefined ? found : { ...found, identity: { ...found.identity, email } };
  }
  const address = email ?? (user.includes('@') ? user : undefined);
  return {
    version: 1,
    id: 'asked',
    kind: 'cli',
    createdAt: deps.now,
    expiresAt: deps.now + 60_000,
    idleMs: 60_000,
    identity: {
      provider: '',
      issuer: '',
      subject: '',
      user,
      ...(address === undefined ? {} : { email: address }),
      groups: groups ?? [],
      claims: claims ?? {},
      amr: [],
    },
  };
}
