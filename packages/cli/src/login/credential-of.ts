import type { TokenAnswer } from '../gateway/answers.ts';
import type { Credential } from '../home/credential.ts';

/** Returns the credential in the gateway's answer to a login. */
export function credentialOf({ access_token: token, session, identity }: TokenAnswer): Credential {
  return {
    token,
    user: identity.user,
    sessionId: session.id,
    expiresAt: session.expiresAt,
    idleMs: Math.floor(session.idleMs),
  };
}
