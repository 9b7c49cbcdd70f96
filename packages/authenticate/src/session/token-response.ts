import type { Response } from 'express';
import type { Session } from '@sallyport/contracts';

/** Sends the token response (RFC 6749, 5.1), with the facts about the session that programs store. */
export function sendTokenResponse(
  response: Response,
  { token, session }: { token: string; session: Session },
  now: number,
): void {
  const { identity, id, expiresAt, idleMs } = session;
  const { user, email, groups } = identity;
  response.json({
    access_token: token,
    token_type: 'Bearer',
    expires_in: Math.floor((expiresAt - now) / 1000),
    session: { id, expiresAt, idleMs },
    identity: { user, email, groups },
  });
}
