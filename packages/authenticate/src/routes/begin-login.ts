import type { Request, RequestHandler, Response } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../authenticate-deps.ts';
import { findAsked } from '../device/find-asked.ts';
import { readUserCode } from '../device/user-code.ts';
import { beginLoginCookies, readCookies } from '../login/cookies.ts';
import { readLoginDemands } from '../login/read-login-demands.ts';
import { readLoginRequest } from '../login/read-login-request.ts';
import { readOrigin } from '../login/read-origin.ts';
import { pasteRedirect } from '../login/redirect-uri.ts';
import { kinds, transactionKey, transactionLifeMs, type LoginGoal, type Transaction } from '../login/transaction.ts';
import { html, sendPage } from '../pages/render-page.ts';
import { readQuery } from '../pages/read-query.ts';
import { wantsPage } from '../pages/wants-page.ts';
import type { LoginDemands, ProviderClient } from '../providers/provider-client.ts';
import { readClientFacts } from '../session/client-facts.ts';

const loginPath = '/.sallyport/login';

function chooseProvider({ providers }: RouteDeps, query: URLSearchParams): ProviderClient | undefined {
  if (providers.length === 0) throw new ProblemError('identity-provider-unavailable', 'No identity provider is configured here, so nobody can log in.');
  const id = query.get('provider');
  if (id === null) return providers.length === 1 ? providers[0] : undefined;
  const chosen = providers.find((provider) => provider.id === id);
  if (!chosen) throw new ProblemError('bad-request', 'There is no identity provider of that name here.');
  return chosen;
}

function showChoice({ providers }: RouteDeps, query: URLSearchParams, response: Response): void {
  const choices = providers.map(({ id, issuer }) => {
    const address = `${loginPath}?${new URLSearchParams([...query, ['provider', id]]).toString()}`;
    return html`<li><a class="choice" href="${address}">${id} <small>${new URL(issuer).host}</small></a></li>`;
  });
  sendPage(response, 200, 'Log in', html`<p id="where">Where do you have your account?</p>
<nav aria-labelledby="where"><ul>${choices}</ul></nav>`);
}

/** The device whose code the person came with must wait still, before they are sent to log in for it. */
async function codeOfDevice(deps: RouteDeps, request: Request, query: URLSearchParams): Promise<string> {
  const code = readUserCode(query.get('user_code') ?? '');
  if (code === undefined || !await findAsked(deps, request, code, loginPath)) throw new ProblemError('login-expired', 'No device waits with this code. Start again there.');
  return code;
}

async function sendToProvider(deps: RouteDeps, provider: ProviderClient, login: { goal: LoginGoal; demands: LoginDemands; userCode?: string }, request: Request, response: Response): Promise<void> {
  const { settings: { loginOrigin }, now, randomToken } = deps;
  const [state, secret, nonce, codeVerifier] = [randomToken(), randomToken(), randomToken(), randomToken()] as const;
  const address = await provider.authorizationUrl({ redirectUri: `${loginOrigin}/.sallyport/callback`, state, nonce, codeVerifier, demands: login.demands });
  const transaction: Transaction = { provider: provider.id, nonce, codeVerifier, goal: login.goal, demands: login.demands };
  await deps.singleUse.put(kinds.login, transactionKey(state, secret), transaction, transactionLifeMs);
  const cookie = { secret, madeAt: now(), ...(login.userCode === undefined ? {} : { userCode: login.userCode }) };
  response.append('set-cookie', beginLoginCookies(loginOrigin, readCookies(request.headers.cookie), state, cookie, transactionLifeMs));
  response.redirect(302, address.href);
}

/** Tells a program which page to open; of one whose code will be carried back by hand, the page will say from where it asked. */
async function tellProgram(deps: RouteDeps, goal: LoginGoal, here: string, request: Request, response: Response): Promise<void> {
  if (goal.kind === 'cli' && goal.redirectUri === pasteRedirect) await deps.singleUse.put(kinds.began, goal.codeChallenge, readClientFacts(request), transactionLifeMs);
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
    const provider = chooseProvider(deps, query);
    const here = `${loginOrigin}${loginPath}${query.size > 0 ? `?${query.toString()}` : ''}`;
    if (request.headers.accept?.includes('application/json') && !wantsPage(request)) return tellProgram(deps, goal, here, request, response);
    // One callback address, one place for the cookies.
    if (origin !== loginOrigin) return response.redirect(302, here);
    const login = { goal, demands, ...(goal.kind === 'device' ? { userCode: await codeOfDevice(deps, request, query) } : {}) };
    if (provider === undefined) return showChoice(deps, query, response);
    await sendToProvider(deps, provider, login, request, response);
  };
}
