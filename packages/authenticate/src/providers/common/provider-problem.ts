import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { ProblemError } from '@sallyport/kit';

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
