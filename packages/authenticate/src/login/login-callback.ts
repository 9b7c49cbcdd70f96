import type { RequestHandler, Response } from 'express';
import { ProblemError, readClientFacts, toProblem, type ClientFacts } from '@sallyport/kit';
import { clearedLoginCookie, loginCookieName, readCookies, readLoginCookie } from '../http/cookies.ts';
import { readOrigin, readQuery } from '../http/read-request.ts';
import { proveIdentity, type ProvenIdentity } from '../session/proven-identity.ts';
import { completeLogin } from './complete-login.ts';
import { noteLoginPlace } from './login-place.ts';
import { type LoginDeps, kinds, pendingLoginLifeMs, type LoginGoal, type PendingLogin } from './pending-login.ts';
import { pasteRedirect, redirectWith } from './redirect-uri.ts';
import { hasStoppedWaiting } from './waiting-program.ts';

const path = '/.sallyport/callback';
const noLogin = () =>
  new ProblemError('login-expired', 'This login took too long, was already used, or started in another browser.');

/** Opens the pending login of this browser and state. Checks that it has not completed before the provider is asked. */
async function openPendingLogin(
  { pendingLogins, singleUse, now }: LoginDeps,
  state: string,
  cookieValue: string | undefined,
): Promise<PendingLogin> {
  const cookie = readLoginCookie(cookieValue);
  const pending = cookie && pendingLogins.open(cookie.payload, state);
  if (!pending || now() >= pending.begunAt + pendingLoginLifeMs) throw noLogin();
  if ((await singleUse.read(kinds.finished, state)) !== undefined) throw noLogin();
  return pending;
}

/**
 * Marks a login as completed. If several callbacks arrive at once, only one succeeds. Called only after the provider
 * has authenticated the user, so that made-up callbacks cannot fill the store.
 */
async function claimLogin({ singleUse, now }: LoginDeps, state: string, { begunAt }: PendingLogin): Promise<void> {
  if (!(await singleUse.claim(kinds.finished, state, true, Math.max(1, begunAt + pendingLoginLifeMs - now()))))
    throw noLogin();
}

async function identify(
  deps: LoginDeps,
  pending: PendingLogin,
  callback: { state: string; query: URLSearchParams; path: string },
): Promise<ProvenIdentity> {
  const provider = deps.providers.find(({ id }) => id === pending.provider);
  // A provider with its own redirect URI must use it, and no other provider may (RFC 9700 4.4.2.2).
  if (provider?.callbackPath !== callback.path) throw noLogin();
  const { state, query } = callback;
  const { nonce, codeVerifier, demands: requirements } = pending;
  const login = await provider.completeLogin(query, {
    redirectUri: `${deps.settings.loginOrigin}${provider.callbackPath}`,
    state,
    nonce,
    codeVerifier,
    requirements,
  });
  return proveIdentity(login, { sealer: deps.tokenStorage?.sealer, now: deps.now });
}

/** Reports a refusal to the program that waits on loopback (RFC 6749 4.1.2.1), so that it does not wait in vain. */
function redirectWithError(goal: LoginGoal & { kind: 'cli' }, error: unknown, response: Response): void {
  const { status, detail } = toProblem(error);
  response.redirect(
    302,
    redirectWith(goal.redirectUri, {
      error: status >= 500 ? 'temporarily_unavailable' : 'access_denied',
      error_description: detail,
      state: goal.state,
    }),
  );
}

function recordFailure(deps: LoginDeps, error: unknown, provider: string | undefined, facts: ClientFacts): void {
  const problem = toProblem(error);
  deps.monitor.ended('failed');
  deps.logger.warn(
    {
      code: problem.code,
      detail: problem.detail,
      provider,
      cause: error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined,
    },
    'a login failed',
  );
  deps.events.failed({
    path,
    problem,
    facts,
    code: problem.status,
    provider,
  });
}

/** `GET /.sallyport/callback`: completes the login of a browser that returns from the identity provider. */
export function loginCallback(deps: LoginDeps): RequestHandler {
  return async (request, response) => {
    const { loginOrigin } = deps.settings;
    if (readOrigin(request, deps.settings) !== loginOrigin) throw noLogin();
    const facts = readClientFacts(request);
    let pending: PendingLogin | undefined;
    try {
      const query = readQuery(request);
      const state = query.get('state') ?? '';
      const cookie = readCookies(request.headers.cookie).get(loginCookieName(loginOrigin, state));
      pending = await openPendingLogin(deps, state, cookie);
      noteLoginPlace(response, { ...pending, requirements: pending.demands });
      response.append('set-cookie', clearedLoginCookie(loginOrigin, state));
      deps.events.requireRoom();
      const identity = await identify(deps, pending, { state, query, path: request.path });
      await claimLogin(deps, state, pending);
      deps.monitor.ended('proven');
      await completeLogin(deps, { pending, identity }, request, response);
    } catch (error) {
      recordFailure(deps, error, pending?.provider, facts);
      const goal = pending?.goal;
      // If no program waits on loopback, or it only accepts a token, the browser shows the error.
      if (goal?.kind !== 'cli' || goal.redirectUri === pasteRedirect || toProblem(error).code === 'internal')
        throw error;
      if (await hasStoppedWaiting(deps, goal)) throw error;
      redirectWithError(goal, error, response);
    }
  };
}
