import { hash } from 'node:crypto';
import type { Request, Response } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { redirectWith } from '../login/redirect-uri.ts';
import type { LoginGoal } from '../login/pending-login.ts';
import { readClientFacts } from '@sallyport/kit';
import { openSession } from '../session/open-session.ts';
import type { ProvenIdentity } from '../session/proven-identity.ts';

const path = '/.sallyport/callback';

/**
 * Opens a session whose token has the form that Pomerium's clients read, and sends it where the program waits. Their
 * protocol has it stand in the address: of a loopback host alone, with exactly one parameter.
 */
export async function giveSessionToken(
  deps: RouteDeps,
  goal: LoginGoal & { kind: 'pomerium' },
  identity: ProvenIdentity,
  request: Request,
  response: Response,
): Promise<void> {
  const { tokens } = deps;
  if (!tokens) throw new ProblemError('service-unavailable', 'This service has no key to sign tokens with.');
  const subject = hash('sha256', `${identity.issuer}\0${identity.subject}`, 'base64url');
  const { token } = await openSession(deps, {
    id: deps.randomId(),
    kind: 'cli',
    identity,
    facts: readClientFacts(request),
    path,
    tokenFor: ({ id, expiresAt }) => tokens.sign({ sessionId: id, subject, expiresAt }),
  });
  response.redirect(302, redirectWith(goal.redirectUri, { pomerium_jwt: token }));
}
