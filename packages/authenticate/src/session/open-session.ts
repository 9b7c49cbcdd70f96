import type { LoginKind, Session } from '@sallyport/contracts';
import { hashToken, ProblemError, type DeviceFacts } from '@sallyport/kit';
import { type SessionStore, type SingleUseStore } from '@sallyport/stores';
import type { LoginSettings } from '../settings/login-settings.ts';
import type { ProviderTokens } from '../tokens/provider-tokens.ts';
import { storeTokens, type StoreTokensDeps } from '../tokens/store-tokens.ts';
import { limitSessions, refuseBeyondLimit } from './limit-sessions.ts';
import { isLoggedOutAtProvider } from '../logout/provider-logouts.ts';
import type { LoginEvents } from '../events/login-events.ts';
import { takeProof, type ProvenIdentity } from './proven-identity.ts';

/** What every login needs to create its session. */
export type OpenSessionDeps = StoreTokensDeps & {
  sessions: SessionStore;
  singleUse: SingleUseStore;
  events: LoginEvents;
  settings: LoginSettings;
  now: () => number;
  randomToken: () => string;
};
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
  deps: OpenSessionDeps,
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
  deps: OpenSessionDeps,
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
  deps: OpenSessionDeps,
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
