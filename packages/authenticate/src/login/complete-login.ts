import { hash } from 'node:crypto';
import type { Request, Response } from 'express';
import { ProblemError, readClientFacts, hashToken } from '@sallyport/kit';
import { showApprovalPage } from '../device/approve-device.ts';
import { readCookies, sessionCookie, sessionCookieName } from '../http/cookies.ts';
import { openSession } from '../session/open-session.ts';
import type { ProvenIdentity } from '../session/proven-identity.ts';
import { showAuthorizationCode } from './paste-login.ts';
import {
  type LoginGoal,
  type LoginDeps,
  codeLifeMs,
  issuedCodeLifeMs,
  kinds,
  pastedCodeLifeMs,
  type Grant,
  type PendingLogin,
} from './pending-login.ts';
import { redirectWith, pasteRedirect } from './redirect-uri.ts';
import { hasStoppedWaiting, noProgram } from './waiting-program.ts';

const path = '/.sallyport/callback';

/**
 * Creates a session whose token has the form that Pomerium clients read, and redirects to the program with it. Their
 * protocol puts the token into the URL, so only loopback hosts and listed URLs get it, with exactly one parameter.
 */
async function redirectWithSessionToken(
  deps: LoginDeps,
  goal: LoginGoal & { kind: 'pomerium' },
  identity: ProvenIdentity,
  request: Request,
  response: Response,
): Promise<void> {
  const { sessionTokens } = deps;
  if (!sessionTokens) throw new ProblemError('service-unavailable', 'This service has no key to sign tokens with.');
  const subject = hash('sha256', `${identity.issuer}\0${identity.subject}`, 'base64url');
  const { token } = await openSession(deps, {
    id: deps.randomId(),
    kind: 'cli',
    identity,
    facts: readClientFacts(request),
    path,
    tokenFor: ({ id, expiresAt }) => sessionTokens.sign({ sessionId: id, subject, expiresAt }),
  });
  response.redirect(302, redirectWith(goal.redirectUri, { pomerium_jwt: token }));
}

/** Issues an authorization code to a program, or shows it to the user to paste. The exchange creates the session. */
async function issueCode(
  deps: LoginDeps,
  goal: LoginGoal & { kind: 'cli' },
  identity: ProvenIdentity,
  request: Request,
  response: Response,
): Promise<void> {
  if (await hasStoppedWaiting(deps, goal)) throw noProgram();
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
  await deps.singleUse.put(kinds.issued, code, { sessionId }, issuedCodeLifeMs);
  await deps.singleUse.put(kinds.code, code, grant, paste ? pastedCodeLifeMs : codeLifeMs);
  if (paste)
    return showAuthorizationCode(deps, { code, challenge: goal.codeChallenge, user: identity.user }, request, response);
  response.redirect(302, redirectWith(goal.redirectUri, { code, state: goal.state }));
}

/**
 * Logs a browser in with a new token, whatever cookie it sent, and ends the session of that cookie. No session outlives
 * its cookie unnoticed.
 */
async function startBrowserSession(
  deps: LoginDeps,
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
    if (ended) await deps.events.revoked(ended, { caller: identity, path, facts, reason: 'replaced by a new login' });
  }
  response.append('set-cookie', sessionCookie(loginOrigin, token, lifetimeMs));
  response.redirect(302, goal.returnTo);
}

/** Completes the login of a user whom the provider has authenticated, in the way that the login's goal asks for. */
export async function completeLogin(
  deps: LoginDeps,
  { pending: { goal, userCode }, identity }: { pending: PendingLogin; identity: ProvenIdentity },
  request: Request,
  response: Response,
): Promise<void> {
  if (goal.kind === 'cli') return issueCode(deps, goal, identity, request, response);
  if (goal.kind === 'device') return showApprovalPage(deps, { identity, userCode }, request, response);
  if (goal.kind === 'pomerium') return redirectWithSessionToken(deps, goal, identity, request, response);
  return startBrowserSession(deps, goal, identity, request, response);
}
