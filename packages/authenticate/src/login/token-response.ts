import type { Response } from 'express';
import type { Session } from '@sallyport/contracts';

/** What a program gets for its code (RFC 6749, 5.1), with what it keeps of the session. */
export function tokenAnswer(
  response: Response,
  { token, session }: { token: string; session: Session },
  now: number,
): void {
  const {
    id,
    expiresAt,
    idleMs,
    identity: { user, email, groups },
  } = session;
  response.json({
    access_token: token,
    token_type: 'Bearer',
    expires_in: Math.floor((expiresAt - now) / 1000),
    session: { id, expiresAt, idleMs },
    identity: { user, ...(email === undefined ? {} : { email }), groups },
  });
}
