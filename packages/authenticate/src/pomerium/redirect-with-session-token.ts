import { hash } from 'node:crypto';
import type { Request, Response } from 'express';
import { ProblemError, readClientFacts, type SessionTokenSigner } from '@sallyport/kit';
import { redirectWith } from '../login/redirect-uri.ts';
import type { LoginGoal } from '../login/pending-login.ts';
import { openSession, type OpenSessionDeps } from '../session/open-session.ts';
import type { ProvenIdentity } from '../session/proven-identity.ts';

const path = '/.sallyport/callback';

/** What a login of a Pomerium client needs. Without `sessionTokens` such logins are refused. */
export type PomeriumDeps = OpenSessionDeps & { randomId: () => string; sessionTokens?: SessionTokenSigner };

/**
 * Creates a session whose token has the form that Pomerium clients read, and redirects to the program with it. Their
 * protocol puts the token into the URL, so only loopback hosts and listed URLs get it, with exactly one parameter.
 */
export async function redirectWithSessionToken(
  deps: PomeriumDeps,
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
