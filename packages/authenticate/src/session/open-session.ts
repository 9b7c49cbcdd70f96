import { isLogin, type Session, type LoginKind } from '@sallyport/contracts';
import { ProblemError, hashToken, type DeviceFacts } from '@sallyport/kit';
import type { ListedSession } from '@sallyport/stores';
import { storeTokens } from '../refresh/store-tokens.ts';
import type { ProviderTokens } from '../tokens/provider-tokens.ts';
import { takeProof, type ProvenIdentity } from './proven-identity.ts';
import { isLoggedOutAtProvider } from './provider-logouts.ts';
import type { HandlerDeps } from './handler-deps.ts';

/** What enforcing the limit needs. */
type LimitSessionsDeps = Pick<HandlerDeps, 'sessions' | 'settings' | 'events'>;

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

/** Returns the user's logins, except the new one and the one that it replaces. */
async function others(
  { sessions }: LimitSessionsDeps,
  { id: own, identity: { issuer, subject } }: Session,
  replaced: string | undefined,
): Promise<ListedSession[]> {
  const found = (await sessions.list({ issuer, subject })).filter(isLogin);
  return found.filter(({ id }) => id !== own && id !== replaced);
}

/** Refuses a session that is about to be created if the user may have no more. */
async function refuseBeyondLimit(
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
async function limitSessions(deps: LimitSessionsDeps, created: Session, replaced: string | undefined): Promise<void> {
  const { settings, sessions, events } = deps;
  const { perUser, onLimit } = settings;
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

type NewSession = {
  id: string;
  kind: LoginKind;
  identity: ProvenIdentity;
  facts: DeviceFacts;
  path: string;
  /** Creates the token, which must never have existed before. The default is 32 random bytes. */
  tokenFor?: (session: Session) => string;
  /** A session that ends as soon as this one exists. */
  replaces?: string;
};

/** Checks a session that was just created, so that no logout and no other session during its creation is missed. */
async function checkCreated(
  deps: HandlerDeps,
  session: Session,
  provenAt: number,
  replaces: string | undefined,
): Promise<void> {
  if (await isLoggedOutAtProvider(deps.singleUse, session, provenAt))
    throw new ProblemError(
      'login-failed',
      'You were logged out at the identity provider during this login. Log in again.',
    );
  await limitSessions(deps, session, replaces);
}

/**
 * Stores a session whose login is recorded. Its provider tokens are stored before it exists, and what may happen during
 * its creation is checked afterwards.
 */
async function storeSession(
  deps: HandlerDeps,
  session: Session,
  token: string,
  about: { tokens: ProviderTokens | undefined; provenAt: number; replaces: string | undefined },
): Promise<void> {
  const { tokens, provenAt, replaces } = about;
  if (tokens) await storeTokens(deps, session, tokens, provenAt);
  try {
    await deps.sessions.create(hashToken(token), session);
  } catch (error) {
    // Tokens of sessions that were never created would push out those of others, which would no longer be refreshed.
    await deps.tokenStorage?.tokens
      .forget(session.id)
      .catch((why: unknown) =>
        deps.logger.info(
          { err: why, session: session.id },
          'the tokens of a session that could not be created are deleted when they are due',
        ),
      );
    throw error;
  }
  try {
    await checkCreated(deps, session, provenAt, replaces);
  } catch (error) {
    await deps.sessions.revoke(session.id, { by: 'authenticate', reason: 'revoked' });
    throw error;
  }
}

/**
 * Creates a session and its token. The order matters: what could refuse the session comes first, then its login is
 * recorded, and only then it exists. A login whose session does not come to be after that is followed by its end in the
 * trail, because the event may have been delivered.
 */
export async function openSession(
  deps: HandlerDeps,
  requested: NewSession,
): Promise<{ token: string; session: Session }> {
  deps.events.requireRoom();
  const createdAt = deps.now();
  const { identity, provenAt = createdAt, sid, tokens } = takeProof(requested.identity, deps.tokenStorage?.sealer);
  const session: Session = {
    version: 1,
    id: requested.id,
    kind: requested.kind,
    identity,
    createdAt,
    expiresAt: createdAt + deps.settings.lifetimeMs,
    idleMs: deps.settings.idleMs,
    ...requested.facts,
    ...(sid === undefined ? {} : { sid }),
  };
  await refuseBeyondLimit(deps, session, requested.replaces);
  const token = requested.tokenFor?.(session) ?? `spt_${deps.randomToken()}`;
  try {
    await deps.events.login(session, requested.path);
    await storeSession(deps, session, token, { tokens, provenAt, replaces: requested.replaces });
  } catch (error) {
    deps.events.notBegun(session, { path: requested.path, error });
    throw error;
  }
  return { token, session };
}
