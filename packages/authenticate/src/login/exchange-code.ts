import type { Request, RequestHandler } from 'express';
import type { Session } from '@sallyport/contracts';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { matchesChallenge } from './pkce.ts';
import { readField } from '../http/read-field.ts';
import { tokenAnswer } from './token-response.ts';
import { grantSchema, issuedLifeMs, issuedSchema, kinds, type Grant } from './pending-login.ts';
import { readClientFacts, type ClientFacts } from '@sallyport/kit';
import { openSession } from '../session/open-session.ts';

const path = '/.sallyport/token';
type TokenError = { error: 'invalid_request' | 'unsupported_grant_type' | 'invalid_grant'; error_description: string };
type TokenRequest = { code: string; verifier: string; redirectUri: string };

const isError = (value: object): value is TokenError => 'error' in value;
const refusal = (error: TokenError['error'], error_description: string): TokenError => ({ error, error_description });
const badCode = () =>
  refusal('invalid_grant', 'The code is unknown, used, too old, or was issued to somebody else. Log in again.');

function readTokenRequest(body: unknown): TokenRequest | TokenError {
  if (typeof body !== 'object' || body === null) return refusal('invalid_request', 'Send a form or JSON.');
  const [grantType, code, verifier, redirectUri] = ['grant_type', 'code', 'code_verifier', 'redirect_uri'].map((name) =>
    readField(body, name),
  );
  if (grantType === undefined) return refusal('invalid_request', 'grant_type is missing.');
  if (grantType !== 'authorization_code')
    return refusal('unsupported_grant_type', 'Only authorization_code is known here.');
  if (code === undefined || verifier === undefined || redirectUri === undefined)
    return refusal('invalid_request', 'code, code_verifier and redirect_uri must each be given once.');
  return { code, verifier, redirectUri };
}

/**
 * A code that comes a second time was seen by somebody else (RFC 6749 4.1.2): the session that was made of it ends, or
 * ends as soon as it is made.
 */
async function endReplayed(deps: RouteDeps, code: string, facts: ClientFacts): Promise<void> {
  const { data: issued } = issuedSchema.safeParse(await deps.singleUse.take(kinds.issued, code));
  if (!issued) return;
  await deps.singleUse.put(kinds.replayed, code, true, issuedLifeMs);
  const ended = await deps.sessions.revoke(issued.sessionId, { by: 'authenticate', reason: 'revoked' });
  if (ended)
    deps.events.revoked(ended, { caller: ended.identity, path, facts, reason: 'its one-time code was used again' });
}

async function openFor(
  deps: RouteDeps,
  grant: Grant,
  code: string,
  facts: ClientFacts,
): Promise<{ token: string; session: Session } | TokenError> {
  const opened = await openSession(deps, {
    id: grant.sessionId,
    kind: 'cli',
    identity: grant.identity,
    facts: { ...facts, ...(grant.approvedFrom ? { approvedFrom: grant.approvedFrom } : {}) },
    path,
  });
  // Between taking the code and making the session a replay found nothing to end.
  if ((await deps.singleUse.take(kinds.replayed, code)) === undefined) return opened;
  await deps.sessions.revoke(grant.sessionId, { by: 'authenticate', reason: 'revoked' });
  deps.events.revoked(opened.session, {
    caller: grant.identity,
    path,
    facts,
    reason: 'its one-time code was used again',
  });
  return badCode();
}

async function redeem(deps: RouteDeps, request: Request): Promise<{ token: string; session: Session } | TokenError> {
  const asked = readTokenRequest(request.body);
  if (isError(asked)) return asked;
  const facts = readClientFacts(request);
  deps.events.requireRoom();
  const { data: grant } = grantSchema.safeParse(await deps.singleUse.take(kinds.code, asked.code));
  if (!grant) {
    await endReplayed(deps, asked.code, facts);
    return badCode();
  }
  if (grant.redirectUri !== asked.redirectUri)
    return refusal('invalid_grant', 'redirect_uri is not the one that the login began with. Log in again.');
  if (!matchesChallenge(asked.verifier, grant.codeChallenge))
    return refusal('invalid_grant', 'code_verifier does not belong to this login. Log in again.');
  return openFor(deps, grant, asked.code, facts);
}

/** `POST /.sallyport/token`: exchanges a one-time code for a session (RFC 6749 4.1.3, RFC 7636 4.5). */
export function exchangeCode(deps: RouteDeps): RequestHandler {
  return async (request, response) => {
    const outcome = await redeem(deps, request);
    response.setHeader('pragma', 'no-cache');
    if (!isError(outcome)) return tokenAnswer(response, outcome, deps.now());
    deps.events.failed({
      path,
      problem: { code: 'login-failed', detail: `${outcome.error}: ${outcome.error_description}` },
      facts: readClientFacts(request),
      code: 400,
    });
    response.status(400).json(outcome);
  };
}
