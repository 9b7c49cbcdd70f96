import type { Request, RequestHandler, Response } from 'express';
import type { Session } from '@sallyport/contracts';
import { readClientFacts } from '@sallyport/kit';
import type { HandlerDeps } from './handler-deps.ts';

/** A refusal of a token endpoint (RFC 6749, 5.2, and RFC 8628, 3.5). */
export type TokenRefusal = { error: string; error_description: string };
export type Opened = { token: string; session: Session };

export const refuse = (error: string, error_description: string): TokenRefusal => ({ error, error_description });

/** Sends the token response (RFC 6749, 5.1), with the facts about the session that programs store. */
function sendTokenResponse(response: Response, { token, session }: Opened, now: number): void {
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

/** Creates the handler of a token endpoint. It records the refusals that end a login. */
export function answerTokenRequest(
  deps: Pick<HandlerDeps, 'events' | 'now'>,
  path: string,
  redeem: (request: Request) => Promise<Opened | TokenRefusal>,
  endsLogin: (refusal: TokenRefusal) => boolean = () => true,
): RequestHandler {
  return async (request, response) => {
    const outcome = await redeem(request);
    response.setHeader('pragma', 'no-cache');
    if ('token' in outcome) return sendTokenResponse(response, outcome, deps.now());
    const detail = `${outcome.error}: ${outcome.error_description}`;
    if (endsLogin(outcome))
      deps.events.failed({
        path,
        problem: { code: 'login-failed', detail },
        facts: readClientFacts(request),
        code: 400,
      });
    response.status(400).json(outcome);
  };
}
