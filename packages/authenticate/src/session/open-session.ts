import type { Identity, Session } from '@sallyport/contracts';
import { hashToken, type SessionStore } from '@sallyport/kit';
import type { LoginSettings } from '../login/login-settings.ts';
import type { DeviceFacts } from './client-facts.ts';
import type { LoginEvents } from './login-events.ts';

export type OpenSessionDeps = { sessions: SessionStore; events: LoginEvents; settings: LoginSettings; now: () => number; randomToken: () => string };
export type NewSession = {
  id: string; kind: Session['kind']; identity: Identity; facts: DeviceFacts; path: string;
  /** Makes the token, which must never have existed before; 32 random bytes unless given. */
  tokenFor?: (session: Session) => string;
};

/** Makes a session with a token that never existed before, records the login, and gives the token out this once. */
export async function openSession(deps: OpenSessionDeps, made: NewSession): Promise<{ token: string; session: Session }> {
  deps.events.requireRoom();
  const createdAt = deps.now();
  const session: Session = {
    version: 1, id: made.id, kind: made.kind, identity: made.identity, createdAt, expiresAt: createdAt + deps.settings.lifetimeMs, idleMs: deps.settings.idleMs, ...made.facts,
  };
  const token = made.tokenFor?.(session) ?? `spt_${deps.randomToken()}`;
  await deps.sessions.create(hashToken(token), session);
  deps.events.login(session, made.path);
  return { token, session };
}
