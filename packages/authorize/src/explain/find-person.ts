import type { AskedPerson, Session } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { type SessionStore } from '@sallyport/stores';

const unknown = (user: string) =>
  new ProblemError(
    'not-found',
    `Nobody with the name ${JSON.stringify(user.slice(0, 253))} is logged in, so their groups are not known. Say which groups to assume.`,
  );

/**
 * The session to judge by when somebody asks about another person: what was said of them, and where nothing but a name
 * was, what their latest live session says.
 */
export async function findPerson(
  about: AskedPerson,
  deps: { sessions: Pick<SessionStore, 'list'>; now: number },
): Promise<Session> {
  const { user, email, groups, claims } = about;
  if (groups === undefined && claims === undefined) {
    const found = (await deps.sessions.list()).findLast(
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
