import type { Request, RequestHandler, Response } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { findAsked } from '../device/find-device-authorization.ts';
import { readUserCode } from '../device/user-code.ts';
import { chooseProvider, readLoginHints } from './choose-provider.ts';
import { beginLoginCookies, readCookies } from '../http/cookies.ts';
import { isBegunElsewhere, requireProgram } from '../http/fetch-site.ts';
import { noteBegun } from './record-paste-login.ts';
import { readLoginDemands } from './read-login-requirements.ts';
import { readLoginRequest } from './read-login-request.ts';
import { readOrigin } from '../http/read-origin.ts';
import { pasteRedirect } from './redirect-uri.ts';
import { transactionLifeMs, type LoginGoal, type Transaction } from './pending-login.ts';
import { readQuery } from '../http/read-query.ts';
import { showChoice } from './show-provider-choice.ts';
import { showLoginQuestion } from './confirm-login.ts';
import { wantsPage } from '../http/wants-page.ts';
import type { LoginDemands, LoginHints, ProviderClient } from '../providers/common/provider-client.ts';
import { readClientFacts } from '@sallyport/kit';

const loginPath = '/.sallyport/login';

/** The device whose code the person came with must wait still, before they are sent to log in for it. */
async function codeOfDevice(deps: RouteDeps, request: Request, query: URLSearchParams): Promise<string> {
  const code = readUserCode(query.get('user_code') ?? '');
  if (code === undefined || !(await findAsked(deps, request, code, loginPath)))
    throw new ProblemError('login-expired', 'No device waits with this code. Start again there.');
  return code;
}

async function sendToProvider(
  deps: RouteDeps,
  provider: ProviderClient,
  login: { goal: LoginGoal; demands: LoginDemands; hints: LoginHints; userCode?: string },
  request: Request,
  response: Response,
): Promise<void> {
  const {
    settings: { loginOrigin },
    now,
    randomToken,
    pending,
    watch,
  } = deps;
  const [state, nonce, codeVerifier] = [randomToken(), randomToken(), randomToken()] as const;
  watch.begun(login.goal.kind, readClientFacts(request).clientAddress);
  const address = await provider.authorizationUrl({
    redirectUri: `${loginOrigin}${provider.callbackPath}`,
    state,
    nonce,
    codeVerifier,
    demands: login.demands,
    hints: login.hints,
  });
  const begunAt = now();
  const transaction: Transaction = {
    provider: provider.id,
    nonce,
    codeVerifier,
    goal: login.goal,
    demands: login.demands,
    begunAt,
    ...(login.userCode === undefined ? {} : { userCode: login.userCode }),
  };
  const cookie = { madeAt: begunAt, payload: pending.seal(transaction, state) };
  response.append(
    'set-cookie',
    beginLoginCookies(loginOrigin, readCookies(request.headers.cookie), state, cookie, transactionLifeMs),
  );
  response.redirect(302, address.href);
}

/**
 * Tells a program which page to open; of one whose code will be carried back by hand, the page will say from where it
 * asked.
 */
async function tellProgram(
  deps: RouteDeps,
  goal: LoginGoal,
  here: string,
  request: Request,
  response: Response,
): Promise<void> {
  requireProgram(request);
  deps.watch.begun('page-for-program', readClientFacts(request).clientAddress);
  if (goal.kind === 'cli' && goal.redirectUri === pasteRedirect) await noteBegun(deps, goal.codeChallenge, request);
  response.json({ signInUrl: here });
}

/** `GET /.sallyport/login`: tells a program which page to open, or sends a browser to the identity provider. */
export function beginLogin(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const { loginOrigin } = deps.settings;
    const origin = readOrigin(request, deps.settings);
    const query = readQuery(request);
    const goal = readLoginRequest(query, deps.settings);
    const demands = readLoginDemands(query, deps.now());
    const hints = readLoginHints(query);
    const provider = chooseProvider(deps.providers, query, hints, deps.settings.defaultProvider);
    const here = `${loginOrigin}${loginPath}${query.size > 0 ? `?${query.toString()}` : ''}`;
    if (request.headers.accept?.includes('application/json') && !wantsPage(request))
      return tellProgram(deps, goal, here, request, response);
    // One callback address, one place for the cookies.
    if (origin !== loginOrigin) return response.redirect(302, here);
    if (isBegunElsewhere(request)) return showLoginQuestion(goal, { path: loginPath, query }, response);
    const login = {
      goal,
      demands,
      hints,
      ...(goal.kind === 'device' ? { userCode: await codeOfDevice(deps, request, query) } : {}),
    };
    if (provider === undefined) return showChoice(deps.providers, { path: loginPath, query }, response);
    await sendToProvider(deps, provider, login, request, response);
  };
}
