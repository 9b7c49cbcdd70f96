import type { Request, RequestHandler, Response } from 'express';
import type { Session } from '@sallyport/contracts';
import { ProblemError, readClientFacts, toProblem } from '@sallyport/kit';
import { readField } from '../http/read-request.ts';
import type { LogoutToken } from '../providers/client/provider-client.ts';
import { recordProviderLogout } from '../session/provider-logouts.ts';
import { endSessions, type EndedSessions } from '../session/revoke-sessions.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

const usedKind = 'logout-token';
const maxTokenLength = 16 * 1024;

function readToken({ body }: Request): string {
  const token = readField(body, 'logout_token', maxTokenLength);
  if (token === undefined) throw new ProblemError('bad-request', 'Send a form with one logout_token.');
  return token;
}

/**
 * Returns the sessions to end: those of the provider's session (`sid`), or all of the user's (OpenID Connect
 * Back-Channel Logout 1.0, 2.7).
 */
async function selectSessions({ sessions }: HandlerDeps, { issuer, sid, subject }: LogoutToken): Promise<Session[]> {
  const ofPerson = subject === undefined ? [] : await sessions.list({ issuer, subject });
  if (sid === undefined) return ofPerson;
  const bySid = (await sessions.list({ issuer, sid })).filter(
    ({ identity }) => subject === undefined || identity.subject === subject,
  );
  // For these the provider never sent a `sid`, so they may belong to this session of the provider.
  return [...bySid, ...ofPerson.filter((session) => session.sid === undefined)];
}

async function endSelected(
  deps: HandlerDeps,
  token: LogoutToken,
  about: { path: string; provider: string; request: Request },
): Promise<EndedSessions> {
  const { issuer, sid, subject } = token;
  // Recorded before the sessions are listed: a session created later sees the record, an earlier one is in the list.
  await recordProviderLogout(deps.singleUse, issuer, sid === undefined ? { subject: subject! } : { sid }, deps.now());
  if (sid !== undefined && subject !== undefined)
    await recordProviderLogout(deps.singleUse, issuer, { subject, unnamed: true }, deps.now());
  const found = await selectSessions(deps, token);
  const facts = readClientFacts(about.request);
  const ended = await endSessions(
    found.map(({ id }) => id),
    {
      end: (id) => deps.sessions.revoke(id, { by: about.provider, reason: 'provider-logout' }),
      record: (ended) =>
        deps.events.ended(ended, { reason: 'provider-logout', detail: about.provider, path: about.path, facts }),
    },
  );
  await deps.sessions.confirm();
  return ended;
}

/** Ends the sessions that the logout token names. A token works once, unless ending the sessions failed. */
async function logOut(
  deps: HandlerDeps,
  provider: HandlerDeps['providers'][number],
  request: Request,
): Promise<EndedSessions> {
  const token = await provider.readLogoutToken(readToken(request));
  const used = JSON.stringify([token.issuer, token.jti]);
  if (!(await deps.singleUse.claim(usedKind, used, true, Math.max(1, token.replayableUntil - deps.now()))))
    throw new ProblemError('bad-request', 'This logout token has already been used.');
  try {
    return await endSelected(deps, token, {
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
  // 2.8: whatever went wrong, the provider gets a 400.
  response.status(400).json({ error: status < 500 ? 'invalid_request' : 'logout_failed', error_description: detail });
}

/** `POST /.sallyport/backchannel-logout/<provider>`: ends the sessions of a user who was logged out at the provider. */
export function backchannelLogout(deps: HandlerDeps): RequestHandler {
  return async (request, response) => {
    const provider = deps.providers.find(({ id }) => id === request.params['provider']);
    if (!provider) throw new ProblemError('not-found', 'No identity provider has this ID.');
    try {
      const { ended, recorded } = await logOut(deps, provider, request);
      deps.logger.info({ provider: provider.id, sessions: ended, recorded }, 'an identity provider logged a user out');
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
        'a back-channel logout failed',
      );
      refuse(response, error);
    }
  };
}
