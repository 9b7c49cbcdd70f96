import type { Response, Request, RequestHandler } from 'express';
import { html, type Html, type Pages } from '@sallyport/pages';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { parseUserCode } from '../device/device-authorization.ts';
import { findDeviceAuthorization } from '../device/find-device-authorization.ts';
import { loginCookies, readCookies } from '../http/cookies.ts';
import { isFromAnotherSite, requireProgram, readOrigin, readQuery, wantsPage } from '../http/read-request.ts';
import type { LoginHints, LoginRequirements, ProviderClient } from '../providers/client/provider-client.ts';
import { chooseProvider, isUnknownProvider, readLoginHints, showProviderChoice } from './choose-provider.ts';
import { noteLoginPlace } from './login-place.ts';
import { recordPasteLogin } from './paste-login.ts';
import { type LoginGoal, type LoginDeps, pendingLoginLifeMs, type PendingLogin } from './pending-login.ts';
import { readLoginRequest, readLoginRequirements } from './read-login-request.ts';
import { pasteRedirect } from './redirect-uri.ts';
import { withWaitsUntil } from './waiting-program.ts';

function describeGoal(goal: LoginGoal): Html {
  if (goal.kind === 'browser') return html`<p>If you continue, this browser will be logged in.</p>`;
  if (goal.kind === 'device')
    return html`<p>If you continue, you see which device wants to log in as you, and approve or deny it.</p>`;
  if (goal.redirectUri === pasteRedirect)
    return html`<p>If you continue, this page shows a code that logs in a program as you.</p>`;
  return html`<p>If you continue, a program gets a session with all your permissions. It is waiting at <strong>${new URL(goal.redirectUri).host}</strong>.</p>`;
}

/**
 * Asks users whom another site sent here whether they want to log in, because with single sign-on nothing else would
 * ask them. Uses a link, because the Content-Security-Policy would not let a form redirect to the provider.
 */
function confirmLogin(
  pages: Pages,
  goal: LoginGoal,
  { path, query }: { path: string; query: URLSearchParams },
  response: Response,
): void {
  const address = query.size > 0 ? `${path}?${query.toString()}` : path;
  pages.send(
    response,
    200,
    'Log in?',
    html`<p>Another website sent you here to log in.</p>
${describeGoal(goal)}
<p><a class="act" href="${address}">Log in</a></p>
<p class="note">If you did not start this login yourself, close this page. Nothing has happened.</p>`,
  );
}

const loginPath = '/.sallyport/login';

/** Reads the user code and checks that its device is still waiting, before the user logs in for it. */
async function requireDevice(deps: LoginDeps, request: Request, query: URLSearchParams): Promise<string> {
  const code = parseUserCode(query.get('user_code') ?? '');
  if (code === undefined || !(await findDeviceAuthorization(deps, request, code, loginPath)))
    throw new ProblemError('login-expired', 'No device is waiting with this code.');
  return code;
}

async function redirectToProvider(
  deps: LoginDeps,
  provider: ProviderClient,
  login: { goal: LoginGoal; requirements: LoginRequirements; hints: LoginHints; userCode?: string },
  request: Request,
  response: Response,
): Promise<void> {
  const { settings, now, randomToken, pendingLogins, monitor } = deps;
  const { loginOrigin } = settings;
  const state = randomToken();
  const nonce = randomToken();
  const codeVerifier = randomToken();
  monitor.started(login.goal.kind, readClientFacts(request).clientAddress);
  const url = await provider.authorizationUrl({
    redirectUri: `${loginOrigin}${provider.callbackPath}`,
    state,
    nonce,
    codeVerifier,
    requirements: login.requirements,
    hints: login.hints,
  });
  const begunAt = now();
  const pending: PendingLogin = {
    provider: provider.id,
    nonce,
    codeVerifier,
    goal: login.goal,
    demands: login.requirements,
    begunAt,
    ...(login.userCode === undefined ? {} : { userCode: login.userCode }),
  };
  const cookie = { madeAt: begunAt, payload: pendingLogins.seal(pending, state) };
  response.append(
    'set-cookie',
    loginCookies(loginOrigin, readCookies(request.headers.cookie), state, cookie, pendingLoginLifeMs),
  );
  response.redirect(302, url.href);
}

/**
 * Answers a program with the page to open. If the user will paste the code, records where the request came from,
 * because the page shows it.
 */
async function answerProgram(
  deps: LoginDeps,
  goal: LoginGoal,
  signInUrl: string,
  request: Request,
  response: Response,
): Promise<void> {
  requireProgram(request);
  deps.monitor.started('page-for-program', readClientFacts(request).clientAddress);
  if (goal.kind === 'cli' && goal.redirectUri === pasteRedirect)
    await recordPasteLogin(deps, goal.codeChallenge, request);
  response.json({ signInUrl });
}

/** `GET /.sallyport/login`: returns the page to open to a program, or redirects a browser to the identity provider. */
export function startLogin(deps: LoginDeps): RequestHandler {
  return async (request, response) => {
    const { loginOrigin } = deps.settings;
    const origin = readOrigin(request, deps.settings);
    const query = readQuery(request);
    const goal = readLoginRequest(query, deps.settings);
    const requirements = readLoginRequirements(query, deps.now());
    const hints = readLoginHints(query);
    noteLoginPlace(response, { goal, requirements, userCode: query.get('user_code') ?? undefined });
    // A person can choose one that exists.
    const provider =
      wantsPage(request) && isUnknownProvider(deps.providers, query)
        ? undefined
        : chooseProvider(deps.providers, query, hints, deps.settings.defaultProvider);
    const at = (all: URLSearchParams) => `${loginOrigin}${loginPath}${all.size > 0 ? `?${all.toString()}` : ''}`;
    if (request.headers.accept?.includes('application/json') && !wantsPage(request))
      return answerProgram(deps, goal, at(withWaitsUntil(query, deps.now())), request, response);
    // There is one redirect URI and one origin for the cookies.
    if (origin !== loginOrigin) return response.redirect(302, at(query));
    if (isFromAnotherSite(request)) return confirmLogin(deps.pages, goal, { path: loginPath, query }, response);
    const userCode = goal.kind === 'device' ? await requireDevice(deps, request, query) : undefined;
    const login = { goal, requirements, hints, ...(userCode === undefined ? {} : { userCode }) };
    if (provider === undefined)
      return showProviderChoice(deps.pages, deps.providers, { path: loginPath, query }, response);
    await redirectToProvider(deps, provider, login, request, response);
  };
}
