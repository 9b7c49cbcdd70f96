import type { Request, RequestHandler } from 'express';
import { maxWorkloadToken, type Session } from '@sallyport/contracts';
import { hashToken, readClientFacts, type ClientFacts } from '@sallyport/kit';
import type { SessionStore } from '@sallyport/stores';
import type { WorkloadEvents } from '../events/workload-events.ts';
import { readField } from '../http/read-field.ts';

const path = '/.sallyport/token';
const grantType = 'urn:ietf:params:oauth:grant-type:token-exchange';
const typePrefix = 'urn:ietf:params:oauth:token-type:';
const subjectTypes = new Set(['jwt', 'id_token', 'access_token'].map((name) => `${typePrefix}${name}`));
const accessToken = `${typePrefix}access_token`;
/** A job needs one token for each of its tools. */
const maxExchanged = 16;

type ErrorCode = 'invalid_request' | 'invalid_target' | 'invalid_scope' | 'temporarily_unavailable';
type Refusal = { status: number; error: ErrorCode; error_description: string };
type Granted = { token: string; session: Session };

type ExchangeTokenDeps = {
  sessions: Pick<SessionStore, 'find' | 'list' | 'create'>;
  events: WorkloadEvents;
  failed(refusal: { detail: string; facts: ClientFacts; status: number }): void;
  /** The addresses of the gateway, which are the only target of its tokens. */
  origins: readonly string[];
  now: () => number;
  randomToken: () => string;
  randomId: () => string;
};

const refusal = (error: ErrorCode, error_description: string, status = 400): Refusal => ({
  status,
  error,
  error_description,
});
const given = (body: object, name: string): boolean => Object.hasOwn(body, name);

/** Returns why the parameters cannot be granted, or the subject token (RFC 8693, 2.1). */
function readRequest(body: object, origins: readonly string[]): string | Refusal {
  const subject = readField(body, 'subject_token', maxWorkloadToken);
  const subjectType = readField(body, 'subject_token_type');
  if (subject === undefined || subjectType === undefined)
    return refusal('invalid_request', 'subject_token and subject_token_type must each appear once.');
  if (!subjectTypes.has(subjectType))
    return refusal('invalid_request', `subject_token_type must be one of ${[...subjectTypes].join(', ')}.`);
  if (given(body, 'actor_token') || given(body, 'actor_token_type'))
    return refusal('invalid_request', 'An actor_token is not supported.');
  if (given(body, 'requested_token_type') && readField(body, 'requested_token_type') !== accessToken)
    return refusal('invalid_request', `requested_token_type must be ${accessToken}.`);
  if (given(body, 'scope')) return refusal('invalid_scope', 'Tokens of this gateway have no scopes.');
  for (const name of ['audience', 'resource'])
    if (given(body, name) && !origins.includes(readField(body, name)?.replace(/\/$/, '') ?? ''))
      return refusal('invalid_target', `${name} must be the address of this gateway.`);
  return subject;
}

/** Creates the session of the new token. It hangs on that of the subject token and ends with it. */
async function grant(deps: ExchangeTokenDeps, parent: Session, hash: string, facts: ClientFacts): Promise<Granted> {
  const createdAt = deps.now();
  const { identity, expiresAt } = parent;
  const session: Session = {
    version: 2,
    id: deps.randomId(),
    kind: 'workload',
    identity,
    createdAt,
    expiresAt,
    idleMs: Math.max(1, expiresAt - createdAt),
    ...facts,
    parent: { id: parent.id, hash },
  };
  const token = `spt_${deps.randomToken()}`;
  deps.events.requireRoom();
  try {
    await deps.events.exchanged(session, parent.id, path);
    await deps.sessions.create(hashToken(token), session);
  } catch (error) {
    deps.events.notBegun(session, { path, error });
    throw error;
  }
  return { token, session };
}

async function exchange(deps: ExchangeTokenDeps, request: Request): Promise<Granted | Refusal> {
  const subject = readRequest(request.body as object, deps.origins);
  if (typeof subject !== 'string') return subject;
  const hash = hashToken(subject);
  const [found] = await deps.sessions.find([hash]);
  // Tokens of this gateway have no dots, or belong to people.
  if (found?.state !== 'live' || found.session.kind !== 'workload' || found.session.parent || !subject.includes('.'))
    return refusal('invalid_request', 'subject_token is not a valid token of a workload of this gateway.');
  const { session: parent } = found;
  const others = (await deps.sessions.list(parent.identity)).filter((one) => one.parent?.id === parent.id);
  if (others.length >= maxExchanged)
    return refusal('temporarily_unavailable', `subject_token was exchanged ${maxExchanged} times already.`, 429);
  return grant(deps, parent, hash, readClientFacts(request));
}

/**
 * Exchanges the token of a workload for an opaque one (RFC 8693), for tools that can hold nothing else. The proxy has
 * begun the session of the subject token before. Passes on every other grant.
 */
export function exchangeToken(deps: ExchangeTokenDeps): RequestHandler {
  return async (request, response, next) => {
    if (readField(request.body, 'grant_type') !== grantType) return next();
    const outcome = await exchange(deps, request);
    response.setHeader('pragma', 'no-cache');
    if ('error' in outcome) {
      const { status, ...body } = outcome;
      const detail = `${body.error}: ${body.error_description}`;
      deps.failed({ detail, facts: readClientFacts(request), status });
      response.status(status).json(body);
      return;
    }
    response.json({
      access_token: outcome.token,
      issued_token_type: accessToken,
      token_type: 'Bearer',
      expires_in: Math.floor((outcome.session.expiresAt - deps.now()) / 1000),
    });
  };
}
