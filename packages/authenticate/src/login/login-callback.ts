import type { Request, RequestHandler, Response } from 'express';
import { hashToken, ProblemError, toProblem } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { askApproval } from '../device/ask-approval.ts';
import {
  clearedLoginCookie,
  loginCookieName,
  readCookies,
  readLoginCookie,
  sessionCookie,
  sessionCookieName,
} from '../http/cookies.ts';
import { readOrigin } from '../http/read-origin.ts';
import { pasteRedirect, redirectWith } from './redirect-uri.ts';
import {
  codeLifeMs,
  issuedLifeMs,
  kinds,
  pastedCodeLifeMs,
  transactionLifeMs,
  type Grant,
  type LoginGoal,
  type Transaction,
} from './pending-login.ts';
import { readQuery } from '../http/read-query.ts';
import { showPasteCode } from './show-authorization-code.ts';
import { giveSessionToken } from '../pomerium/give-session-token.ts';
import { readClientFacts } from '@sallyport/kit';
import { openSession } from '../session/open-session.ts';
import { proveIdentity, type ProvenIdentity } from '../session/proven-identity.ts';

const path = '/.sallyport/callback';
const noLogin = () =>
  new ProblemError(
    'login-expired',
    'This login took too long, was used already, or began in another browser. Start again.',
  );

/** The login that this browser began under this state. What ended it already is asked before the provider is. */
async function openTransaction(
  { pending, singleUse, now }: RouteDeps,
  state: string,
  cookie: string | undefined,
): Promise<Transaction> {
  const held = readLoginCookie(cookie);
  const transaction = held && pending.open(held.payload, state);
  if (!transaction || now() >= transaction.begunAt + transactionLifeMs) throw noLogin();
  if ((await singleUse.read(kinds.finished, state)) !== undefined) throw noLogin();
  return transaction;
}

/**
 * Ends a login; of many answers to it at once one gets through. Only once the provider has vouched: whatever anybody
 * can make up must not fill the store.
 */
async function endTransaction({ singleUse, now }: RouteDeps, state: string, { begunAt }: Transaction): Promise<void> {
  if (!(await singleUse.claim(kinds.finished, state, true, Math.max(1, begunAt + transactionLifeMs - now()))))
    throw noLogin();
}

async function identify(
  deps: RouteDeps,
  transaction: Transaction,
  answer: { state: string; query: URLSearchParams; at: string },
): Promise<ProvenIdentity> {
  const provider = deps.providers.find(({ id }) => id === transaction.provider);
  // A provider with an address of its own to come back to answers there, and no other one does (RFC 9700 4.4.2.2).
  if (provider?.callbackPath !== answer.at) throw noLogin();
  const { state, query } = answer;
  const { nonce, codeVerifier, demands } = transaction;
  const login = await provider.finish(query, {
    redirectUri: `${deps.settings.loginOrigin}${provider.callbackPath}`,
    state,
    nonce,
    codeVerifier,
    demands,
  });
  return proveIdentity(login, { sealer: deps.keeping?.sealer, now: deps.now });
}

/** Hands a program its one-time code, or shows it to be carried there; the session comes with the exchange. */
async function giveCode(
  deps: RouteDeps,
  goal: LoginGoal & { kind: 'cli' },
  identity: ProvenIdentity,
  request: Request,
  response: Response,
): Promise<void> {
  const paste = goal.redirectUri === pasteRedirect;
  const code = deps.randomToken();
  const sessionId = deps.randomId();
  const grant: Grant = {
    identity,
    sessionId,
    redirectUri: goal.redirectUri,
    codeChallenge: goal.codeChallenge,
    ...(paste ? { approvedFrom: readClientFacts(request) } : {}),
  };
  await deps.singleUse.put(kinds.issued, code, { sessionId }, issuedLifeMs);
  await deps.singleUse.put(kinds.code, code, grant, paste ? pastedCodeLifeMs : codeLifeMs);
  if (paste)
    return showPasteCode(deps, { code, challenge: goal.codeChallenge, user: identity.user }, request, response);
  response.redirect(302, redirectWith(goal.redirectUri, { code, state: goal.state }));
}

/**
 * Logs a browser in under a new token, whatever cookie it brought, and ends the session it had (no session outlives its
 * cookie unseen).
 */
async function giveCookie(
  deps: RouteDeps,
  goal: LoginGoal & { kind: 'browser' },
  identity: ProvenIdentity,
  request: Request,
  response: Response,
): Promise<void> {
  const { loginOrigin, lifetimeMs } = deps.settings;
  const facts = readClientFacts(request);
  const old = readCookies(request.headers.cookie).get(sessionCookieName(loginOrigin));
  const [before] = old === undefined ? [] : await deps.sessions.find([hashToken(old)]);
  const replaced = before?.state === 'live' && before.session.kind === 'browser' ? before.session.id : undefined;
  const { token } = await openSession(deps, {
    id: deps.randomId(),
    kind: 'browser',
    identity,
    facts,
    path,
    ...(replaced === undefined ? {} : { replaces: replaced }),
  });
  if (replaced !== undefined) {
    const ended = await deps.sessions.revoke(replaced, { by: identity.user, reason: 'logout' });
    if (ended) deps.events.revoked(ended, { caller: identity, path, facts, reason: 'replaced by a new login' });
  }
  response.append('set-cookie', sessionCookie(loginOrigin, token, lifetimeMs));
  response.redirect(302, goal.returnTo);
}

type Finished = { transaction: Transaction; identity: ProvenIdentity };

async function lead(
  deps: RouteDeps,
  { transaction: { goal, userCode }, identity }: Finished,
  request: Request,
  response: Response,
): Promise<void> {
  if (goal.kind === 'cli') return giveCode(deps, goal, identity, request, response);
  if (goal.kind === 'device') return askApproval(deps, { identity, userCode }, request, response);
  if (goal.kind === 'pomerium') return giveSessionToken(deps, goal, identity, request, response);
  return giveCookie(deps, goal, identity, request, response);
}

/**
 * A program that waits on loopback hears of a refusal too (RFC 6749 4.1.2.1), instead of waiting for a code that never
 * comes.
 */
function tellProgram(goal: LoginGoal & { kind: 'cli' }, error: unknown, response: Response): void {
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

/** `GET /.sallyport/callback`: the browser is back from the identity provider. */
export function finishLogin(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    if (readOrigin(request, deps.settings) !== deps.settings.loginOrigin) throw noLogin();
    const facts = readClientFacts(request);
    let transaction: Finished['transaction'] | undefined;
    try {
      const query = readQuery(request);
      const state = query.get('state') ?? '';
      const cookie = readCookies(request.headers.cookie).get(loginCookieName(deps.settings.loginOrigin, state));
      transaction = await openTransaction(deps, state, cookie);
      response.append('set-cookie', clearedLoginCookie(deps.settings.loginOrigin, state));
      deps.events.requireRoom();
      const identity = await identify(deps, transaction, { state, query, at: request.path });
      await endTransaction(deps, state, transaction);
      deps.watch.ended('proven');
      await lead(deps, { transaction, identity }, request, response);
    } catch (error) {
      const problem = toProblem(error);
      deps.watch.ended('failed');
      deps.logger.warn(
        {
          code: problem.code,
          detail: problem.detail,
          provider: transaction?.provider,
          cause: error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined,
        },
        'a login failed',
      );
      deps.events.failed({
        path,
        problem,
        facts,
        code: problem.status,
        ...(transaction ? { provider: transaction.provider } : {}),
      });
      const goal = transaction?.goal;
      // Where nothing waits on loopback, or takes nothing but a token there, the person is told here.
      if (goal?.kind !== 'cli' || goal.redirectUri === pasteRedirect || problem.code === 'internal') throw error;
      tellProgram(goal, error, response);
    }
  };
}
