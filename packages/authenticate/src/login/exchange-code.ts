import type { Request, RequestHandler } from 'express';
import { readClientFacts, type ClientFacts } from '@sallyport/kit';
import { readField } from '../http/read-request.ts';
import { openSession } from '../session/open-session.ts';
import { answerTokenRequest, type Opened, refuse, type TokenRefusal } from '../session/token-response.ts';
import { grantSchema, issuedCodeLifeMs, issuedCodeSchema, kinds, type Grant } from './pending-login.ts';
import { matchesChallenge } from './pkce.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

const path = '/.sallyport/token';
const usedAgain = 'its one-time code was used again';
type TokenRequest = { code: string; verifier: string; redirectUri: string };

const badCode = () =>
  refuse(
    'invalid_grant',
    'The code is unknown, expired, already used, or was issued to another program. Log in again.',
  );

function readTokenRequest(body: unknown): TokenRequest | TokenRefusal {
  if (typeof body !== 'object' || body === null) return refuse('invalid_request', 'The body must be a form or JSON.');
  const [grantType, code, verifier, redirectUri] = ['grant_type', 'code', 'code_verifier', 'redirect_uri'].map((name) =>
    readField(body, name),
  );
  if (grantType === undefined) return refuse('invalid_request', 'grant_type is missing.');
  if (grantType !== 'authorization_code')
    return refuse('unsupported_grant_type', 'Only the grant type authorization_code is supported.');
  if (code === undefined || verifier === undefined || redirectUri === undefined)
    return refuse('invalid_request', 'code, code_verifier and redirect_uri must each appear once.');
  return { code, verifier, redirectUri };
}

/**
 * Ends the session of a code that is used a second time, because someone else has seen that code (RFC 6749 4.1.2). If
 * the session does not exist yet, it ends as soon as it is created.
 */
async function endReplayed(deps: HandlerDeps, code: string, facts: ClientFacts): Promise<void> {
  const { data: issued } = issuedCodeSchema.safeParse(await deps.singleUse.take(kinds.issued, code));
  if (!issued) return;
  await deps.singleUse.put(kinds.replayed, code, true, issuedCodeLifeMs);
  const ended = await deps.sessions.revoke(issued.sessionId, { by: 'authenticate', reason: 'revoked' });
  if (ended) await deps.events.revoked(ended, { caller: ended.identity, path, facts, reason: usedAgain });
}

async function openGrantedSession(
  deps: HandlerDeps,
  grant: Grant,
  code: string,
  facts: ClientFacts,
): Promise<Opened | TokenRefusal> {
  const opened = await openSession(deps, {
    id: grant.sessionId,
    kind: 'cli',
    identity: grant.identity,
    facts: { ...facts, ...(grant.approvedFrom ? { approvedFrom: grant.approvedFrom } : {}) },
    path,
  });
  // A replay between taking the code and creating the session found no session to end.
  if ((await deps.singleUse.take(kinds.replayed, code)) === undefined) return opened;
  await deps.sessions.revoke(grant.sessionId, { by: 'authenticate', reason: 'revoked' });
  await deps.events.revoked(opened.session, { caller: grant.identity, path, facts, reason: usedAgain });
  return badCode();
}

async function redeem(deps: HandlerDeps, request: Request): Promise<Opened | TokenRefusal> {
  const tokenRequest = readTokenRequest(request.body);
  if ('error' in tokenRequest) return tokenRequest;
  const facts = readClientFacts(request);
  deps.events.requireRoom();
  const { data: grant } = grantSchema.safeParse(await deps.singleUse.take(kinds.code, tokenRequest.code));
  if (!grant) {
    await endReplayed(deps, tokenRequest.code, facts);
    return badCode();
  }
  if (grant.redirectUri !== tokenRequest.redirectUri)
    return refuse('invalid_grant', 'redirect_uri does not match the one of this login. Log in again.');
  if (!matchesChallenge(tokenRequest.verifier, grant.codeChallenge))
    return refuse('invalid_grant', 'code_verifier does not match this login. Log in again.');
  return openGrantedSession(deps, grant, tokenRequest.code, facts);
}

/** `POST /.sallyport/token`: exchanges an authorization code for a session (RFC 6749 4.1.3, RFC 7636 4.5). */
export function exchangeCode(deps: HandlerDeps): RequestHandler {
  return answerTokenRequest(deps, path, (request) => redeem(deps, request));
}
