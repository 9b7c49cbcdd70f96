import { AuthorizationResponseError, ClientError, ResponseBodyError } from 'openid-client';
import { ProblemError } from '@sallyport/kit';

const away = (id: string, cause: Error) =>
  new ProblemError(
    'identity-provider-unavailable',
    `The identity provider ${id} cannot be reached at the moment. Try again shortly; whoever is logged in stays so.`,
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

/** Message and code of an error and its cause, and nothing else of them: the objects carry tokens and codes. */
export function bareError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('unknown failure');
  const { code } = error as { code?: unknown };
  const because = error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return new Error(`${typeof code === 'string' ? `${code}: ` : ''}${error.message}${because}`);
}

/** Says that a provider is away, whatever it was that showed it. */
export function unreachable(id: string, error: unknown): ProblemError {
  return away(id, bareError(error));
}

/** RFC 6749 4.1.2.1 and OpenID Connect Core 3.1.2.6; anything else is only called an error. */
function refusal(id: string, { error }: { error: string }, cause: Error): ProblemError {
  if (error === 'temporarily_unavailable' || error === 'server_error') return away(id, cause);
  if (error === 'access_denied') return failed(`The identity provider ${id} denied the login.`, cause);
  if (error === 'invalid_client' || error === 'unauthorized_client')
    return failed(
      `The identity provider ${id} does not accept this gateway as its client; an operator must correct clientId and clientSecret.`,
      cause,
    );
  const shown = /^[a-z_]{1,40}$/.test(error) ? ` (${error})` : '';
  return failed(`The identity provider ${id} refused the login${shown}.`, cause);
}

/** Says what went wrong between us and a provider: it is away, it refused, or its answer does not hold. */
export function providerProblem(id: string, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const cause = bareError(error);
  if (error instanceof AuthorizationResponseError) return refusal(id, error, cause);
  if (error instanceof ResponseBodyError) return error.status >= 500 ? away(id, cause) : refusal(id, error, cause);
  if (error instanceof ClientError && noAnswer.has(error.code ?? '')) return away(id, cause);
  // The fetch standard reports every network failure as a TypeError.
  if (error instanceof TypeError && !('code' in error)) return away(id, cause);
  return failed(`The answer of the identity provider ${id} did not pass verification, so it is not believed.`, cause);
}
