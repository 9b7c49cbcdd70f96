import type { Session } from '@sallyport/contracts';
import { hashToken, ProblemError } from '@sallyport/kit';
import { type SessionStore, type SingleUseStore } from '@sallyport/stores';
import type { LoginSettings } from '../settings/login-settings.ts';
import type { DeviceFacts } from '@sallyport/kit';
import { keepTokens, type KeepTokensDeps } from '../tokens/store-tokens.ts';
import { limitSessions, refuseBeyondLimit } from './limit-sessions.ts';
import { isLoggedOutThere } from '../logout/provider-logouts.ts';
import type { LoginEvents } from '../events/login-events.ts';
import { takeProof, type ProvenIdentity } from './proven-identity.ts';

export type OpenSessionDeps = KeepTokensDeps & {
  sessions: SessionStore;
  singleUse: SingleUseStore;
  events: LoginEvents;
  settings: LoginSettings;
  now: () => number;
  randomToken: () => string;
};
export type NewSession = {
  id: string;
  kind: Session['kind'];
  identity: ProvenIdentity;
  facts: DeviceFacts;
  path: string;
  /** Makes the token, which must never have existed before; 32 random bytes unless given. */
  tokenFor?: (session: Session) => string;
  /** A session that ends as soon as this one is there. */
  replaces?: string;
};

/** What may speak against a session that is there already: nothing that happens meanwhile is missed. */
async function admit(
  deps: OpenSessionDeps,
  session: Session,
  provenAt: number,
  replaces: string | undefined,
): Promise<void> {
  if (await isLoggedOutThere(deps.singleUse, session, provenAt))
    throw new ProblemError('login-failed', 'You were logged out at the identity provider meanwhile. Log in again.');
  await limitSessions(deps, session, replaces);
}

/** Makes a session with a token that never existed before, records the login, and gives the token out this once. */
export async function openSession(
  deps: OpenSessionDeps,
  made: NewSession,
): Promise<{ token: string; session: Session }> {
  deps.events.requireRoom();
  const createdAt = deps.now();
  const { identity, provenAt = createdAt, sid, tokens } = takeProof(made.identity, deps.keeping?.sealer);
  const session: Session = {
    version: 1,
    id: made.id,
    kind: made.kind,
    identity,
    createdAt,
    expiresAt: createdAt + deps.settings.lifetimeMs,
    idleMs: deps.settings.idleMs,
    ...made.facts,
    ...(sid === undefined ? {} : { sid }),
  };
  await refuseBeyondLimit(deps, session, made.replaces);
  const token = made.tokenFor?.(session) ?? `spt_${deps.randomToken()}`;
  if (tokens) await keepTokens(deps, session, tokens, provenAt);
  try {
    await deps.sessions.create(hashToken(token), session);
  } catch (error) {
    // Tokens of sessions that never came about would push out those of others, which are then no longer refreshed.
    await deps.keeping?.tokens
      .forget(session.id)
      .catch((why: unknown) =>
        deps.logger.info(
          { err: why, session: session.id },
          'the tokens of a session that was not made go when they are due',
        ),
      );
    throw error;
  }
  try {
    await admit(deps, session, provenAt, made.replaces);
  } catch (error) {
    await deps.sessions.revoke(session.id, { by: 'authenticate', reason: 'revoked' });
    throw error;
  }
  deps.events.login(session, made.path);
  return { token, session };
}
