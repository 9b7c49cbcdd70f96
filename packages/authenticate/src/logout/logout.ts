import { type Caller, ProblemError, readCaller, readClientFacts } from '@sallyport/kit';
import type { Pages } from '@sallyport/pages';
import type { Request, RequestHandler, Response } from 'express';
import { clearedSessionCookie, readCookies, sessionCookieName } from '../http/cookies.ts';
import { readOrigin, requireOwnPage, readQuery, wantsPage } from '../http/read-request.ts';
import { providerName } from '../providers/client/provider-client.ts';
import { ownSessions, sendEnded } from '../session/caller-session.ts';
import { endSessions } from '../session/revoke-sessions.ts';
import { openTokens } from '../tokens/provider-tokens.ts';
import { sendLoggedOutPage } from './logout-pages.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

/** How long a logout waits for the provider's metadata. */
const timeoutMs = 2000;

async function idTokenOf({ tokenStorage }: HandlerDeps, sessionId: string): Promise<string | undefined> {
  const record = await tokenStorage?.tokens.read(sessionId);
  return record && openTokens(tokenStorage!.sealer, record.sealed, sessionId)?.idToken;
}

/**
 * Returns the URL at which the browser ends its session at the provider. Undefined if there is none, or if the provider
 * does not answer in time. Must be called before the session ends, because its tokens are deleted with it.
 */
async function findEndSessionUrl(
  deps: HandlerDeps,
  { session, identity }: Pick<Caller, 'session' | 'identity'>,
): Promise<URL | undefined> {
  const provider = deps.providers.find(({ id }) => id === identity.provider);
  if (!provider) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), timeoutMs);
  });
  const ask = async () => {
    const idToken = await idTokenOf(deps, session.id);
    return provider.endSessionUrl({
      idToken,
      hint: identity.email ?? identity.subject,
      returnTo: `${deps.settings.loginOrigin}/.sallyport/signed-out`,
    });
  };
  try {
    return await Promise.race([ask(), late]);
  } catch (error) {
    deps.logger.warn(
      { err: error, provider: provider.id },
      'the end session endpoint of the identity provider could not be determined',
    );
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

const path = '/.sallyport/logout';

function readEverywhere(request: Request): boolean {
  const value = readQuery(request).get('everywhere') ?? 'false';
  if (value !== 'true' && value !== 'false') throw new ProblemError('bad-request', 'everywhere must be true or false.');
  return value === 'true';
}

/** Ends the sessions, then waits for the record of that. Reports whether the audit log has it in time. */
async function endCallerSessions(deps: HandlerDeps, caller: Caller, request: Request): Promise<boolean> {
  const { identity, session } = caller;
  const facts = readClientFacts(request);
  const ids = readEverywhere(request) ? (await ownSessions(deps.sessions, caller)).map(({ id }) => id) : [session.id];
  const { recorded } = await endSessions(
    ids,
    {
      end: (id) => deps.sessions.revoke(id, { by: identity.user, reason: 'logout' }),
      record: (ended) =>
        deps.events.revoked(ended, {
          caller: identity,
          path,
          facts,
          reason: ended.id === session.id ? 'logout' : 'logout everywhere',
        }),
    },
    session.id,
  );
  return recorded;
}

function sendPage(
  pages: Pages,
  response: Response,
  about: { recorded: boolean; atProvider: { provider: string; url: URL } | undefined },
): void {
  const { atProvider } = about;
  // A header, because the Content-Security-Policy keeps forms on this origin, even when they are redirected.
  if (atProvider) response.setHeader('refresh', `0; url=${atProvider.url.href}`);
  sendLoggedOutPage(pages, response, about);
}

/**
 * `POST /.sallyport/logout`: ends the calling session, or with `everywhere=true` all sessions of the user. Browsers
 * then go to the provider's end session endpoint. The page, or the body for a program (`recorded: false`), says if the
 * audit log has not recorded it in time.
 */
export function logout(deps: HandlerDeps): RequestHandler {
  return async (request, response) => {
    const origin = readOrigin(request, deps.settings);
    const caller = readCaller(request.headers);
    const byCookie =
      caller?.session.kind === 'browser' || readCookies(request.headers.cookie).has(sessionCookieName(origin));
    if (byCookie) requireOwnPage(request, deps.settings);
    if (!caller && !byCookie) throw new ProblemError('unauthenticated', 'You are not logged in.');
    const url = caller && byCookie && wantsPage(request) ? await findEndSessionUrl(deps, caller) : undefined;
    const recorded = caller ? await endCallerSessions(deps, caller, request) : true;
    // Also if the session had ended: the browser may repeat a logout of which it was not known whether replicas have it.
    await deps.sessions.confirm();
    if (byCookie) response.append('set-cookie', clearedSessionCookie(origin));
    if (!wantsPage(request)) return sendEnded(response, recorded);
    sendPage(deps.pages, response, {
      recorded,
      atProvider: url && { provider: providerName(deps.providers, caller!.identity.provider), url },
    });
  };
}
