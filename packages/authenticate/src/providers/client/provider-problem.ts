import {
  AuthorizationResponseError,
  ClientError,
  ResponseBodyError,
  WWWAuthenticateChallengeError,
} from 'openid-client';
import { ProblemError } from '@sallyport/kit';
import type { EndReason } from '@sallyport/contracts';
import type { ProviderTokens } from '../../tokens/provider-tokens.ts';

const unavailable = (id: string, cause: Error) =>
  new ProblemError(
    'identity-provider-unavailable',
    `The identity provider ${id} cannot be reached at the moment. Try again shortly. Existing sessions continue.`,
    { cause },
  );
const failed = (detail: string, cause: Error) => new ProblemError('login-failed', detail, { cause });

const noAnswer = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
]);

/** Copies only the message and code of an error and its cause, because error objects can contain tokens and codes. */
export function sanitizedError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('unknown failure');
  const { code } = error as { code?: unknown };
  const because = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return new Error(`${typeof code === 'string' ? `${code}: ` : ''}${error.message}${because}`);
}

/** Creates the problem of a provider that cannot be reached. */
export function unreachable(id: string, error: unknown): ProblemError {
  return unavailable(id, sanitizedError(error));
}

/** Translates error codes of RFC 6749 4.1.2.1 and OpenID Connect Core 3.1.2.6. */
function refusal(id: string, { error }: { error: string }, cause: Error): ProblemError {
  if (error === 'temporarily_unavailable' || error === 'server_error') return unavailable(id, cause);
  if (error === 'access_denied') return failed(`The identity provider ${id} denied the login.`, cause);
  if (error === 'invalid_client' || error === 'unauthorized_client')
    return failed(
      `The identity provider ${id} does not accept this gateway as a client. An operator must correct clientId and clientSecret.`,
      cause,
    );
  const shown = /^[a-z_]{1,40}$/.test(error) ? ` (${error})` : '';
  return failed(`The identity provider ${id} refused the login${shown}.`, cause);
}

/** Translates an error of a provider: it is unavailable, it refused, or its response failed verification. */
export function providerProblem(id: string, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const cause = sanitizedError(error);
  if (error instanceof AuthorizationResponseError) return refusal(id, error, cause);
  if (error instanceof ResponseBodyError)
    return error.status >= 500 ? unavailable(id, cause) : refusal(id, error, cause);
  if (error instanceof ClientError && noAnswer.has(error.code ?? '')) return unavailable(id, cause);
  // The fetch standard reports every network failure as a TypeError.
  if (error instanceof TypeError && !('code' in error)) return unavailable(id, cause);
  return failed(`The response of the identity provider ${id} failed verification.`, cause);
}

/** Why a session could not be refreshed. If `ends` is set the session ends, otherwise the refresh is retried. */
export class RefreshFailure extends Error {
  readonly ends: Extract<EndReason, 'refused' | 'changed'> | undefined;
  /** How long the provider asked to wait (`Retry-After`), in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** The tokens that the provider issued before the failure. The earlier ones may no longer be valid. */
  readonly tokens: ProviderTokens | undefined;

  constructor(
    message: string,
    about: { ends?: Extract<EndReason, 'refused' | 'changed'>; retryAfterMs?: number; tokens?: ProviderTokens } = {},
  ) {
    super(message);
    this.name = 'RefreshFailure';
    ({ ends: this.ends, retryAfterMs: this.retryAfterMs, tokens: this.tokens } = about);
  }
}

/** The 4xx statuses that are temporary. */
const temporary = new Set([408, 425, 429]);
const maxWaitMs = 3_600_000;

/** Reads `Retry-After` (RFC 9110 10.2.3): seconds, or a date. */
export function readRetryAfter(response: Response | undefined, now: number): number | undefined {
  const text = response?.headers.get('retry-after') ?? '';
  const ms = /^\d{1,9}$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(ms) && ms > 0 ? Math.min(ms, maxWaitMs) : undefined;
}

function responseOf(error: unknown): Response | undefined {
  if (error instanceof ResponseBodyError || error instanceof WWWAuthenticateChallengeError) return error.response;
  return error instanceof ClientError && error.cause instanceof Response ? error.cause : undefined;
}

/** An ID token that is not for this client, or not about this user, is not an outage. */
const wrongAssertion = new Set(['OAUTH_JWT_CLAIM_COMPARISON_FAILED', 'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED']);

/**
 * Classifies a failed refresh. A refusal (4xx) ends the session, and so does what would refuse a login. If the provider
 * is unavailable (network, 429, 5xx) or its response cannot be verified, the refresh is retried. The error's own
 * objects are not kept, because they contain tokens.
 */
export function refreshFailure(error: unknown, about: { now: number; tokens?: ProviderTokens }): RefreshFailure {
  if (error instanceof RefreshFailure) return error;
  const kept = about.tokens ? { tokens: about.tokens } : {};
  const message = error instanceof ProblemError ? error.detail : sanitizedError(error).message;
  if (error instanceof ProblemError)
    return new RefreshFailure(message, { ...kept, ...(error.code === 'login-failed' ? { ends: 'changed' } : {}) });
  const response = responseOf(error);
  const status = response?.status ?? 0;
  if (status >= 400 && status < 500 && !temporary.has(status))
    return new RefreshFailure(`status ${status}: ${message}`, { ...kept, ends: 'refused' });
  if (error instanceof ClientError && wrongAssertion.has(error.code ?? ''))
    return new RefreshFailure(message, { ...kept, ends: 'changed' });
  const retryAfterMs = readRetryAfter(response, about.now);
  return new RefreshFailure(message, { ...kept, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}
