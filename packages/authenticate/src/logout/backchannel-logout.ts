import type { Request, RequestHandler, Response } from 'express';
import type { Session } from '@sallyport/contracts';
import { ProblemError, toProblem } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { readField } from '../http/read-field.ts';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import type { LogoutToken } from '../providers/openid/read-logout-token.ts';
import { readClientFacts } from '@sallyport/kit';
import { endMany } from '../session/end-sessions.ts';
import { rememberLogout } from './provider-logouts.ts';

const usedKind = 'logout-token';
const longestToken = 16 * 1024;

function readToken({ body }: Request): string {
  const token = readField(body, 'logout_token', longestToken);
  if (token === undefined) throw new ProblemError('bad-request', 'Send a form with one logout_token.');
  return token;
}

/** OpenID Connect Back-Channel Logout 1.0, 2.7: those that hang on the provider's session, or all of the person's. */
async function meant({ sessions }: RouteDeps, { issuer, sid, subject }: LogoutToken): Promise<Session[]> {
  const ofPerson = subject === undefined ? [] : await sessions.list({ issuer, subject });
  if (sid === undefined) return ofPerson;
  const bySid = (await sessions.list({ issuer, sid })).filter(
    ({ identity }) => subject === undefined || identity.subject === subject,
  );
  // Of which of the provider's sessions these come was never said; it may be this one.
  return [...bySid, ...ofPerson.filter((session) => session.sid === undefined)];
}

async function end(
  deps: RouteDeps,
  token: LogoutToken,
  about: { path: string; provider: string; request: Request },
): Promise<number> {
  const { issuer, sid, subject } = token;
  // Before the look: what is made after it finds the mark, what was made before is found.
  await rememberLogout(deps.singleUse, issuer, sid === undefined ? { subject: subject! } : { sid }, deps.now());
  if (sid !== undefined && subject !== undefined)
    await rememberLogout(deps.singleUse, issuer, { subject, unnamed: true }, deps.now());
  const found = await meant(deps, token);
  const facts = readClientFacts(about.request);
  return endMany(
    found.map(({ id }) => id),
    async (id) => {
      const ended = await deps.sessions.revoke(id, { by: about.provider, reason: 'provider-logout' });
      if (ended)
        deps.events.ended(ended, { reason: 'provider-logout', detail: about.provider, path: about.path, facts });
      return ended;
    },
  );
}

/** Ends what the token names; a token counts once, unless its work could not be done. */
async function logOut(deps: RouteDeps, provider: ProviderClient, request: Request): Promise<number> {
  const token = await provider.readLogoutToken(readToken(request));
  const used = JSON.stringify([token.issuer, token.jti]);
  if (!(await deps.singleUse.claim(usedKind, used, true, Math.max(1, token.replayableUntil - deps.now()))))
    throw new ProblemError('bad-request', 'This logout token was used already.');
  try {
    return await end(deps, token, {
      path: `/.sallyport/backchannel-logout/${provider.id}`,
      provider: provider.id,
      request,
    });
  } catch (error) {
    await deps.singleUse.take(usedKind, used).catch(() => {});
    throw error;
  }
}

function refuse(response: Response, error: unknown): void {
  const { status, detail } = toProblem(error);
  // 2.8: whatever went wrong, the provider hears 400.
  response.status(400).json({ error: status < 500 ? 'invalid_request' : 'logout_failed', error_description: detail });
}

/**
 * `POST /.sallyport/backchannel-logout/<provider>`: the provider says that somebody has logged out, or was logged out,
 * there.
 */
export function backchannelLogout(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const provider = deps.providers.find(({ id }) => id === request.params['provider']);
    if (!provider) throw new ProblemError('not-found', 'There is no identity provider of that name here.');
    try {
      const ended = await logOut(deps, provider, request);
      deps.logger.info({ provider: provider.id, sessions: ended }, 'an identity provider logged somebody out');
      response.status(200).end();
    } catch (error) {
      const problem = toProblem(error);
      deps.logger.warn(
        {
          provider: provider.id,
          code: problem.code,
          detail: problem.detail,
          ...(problem.code === 'internal' ? { err: error } : {}),
        },
        'a logout of an identity provider was not done',
      );
      refuse(response, error);
    }
  };
}
