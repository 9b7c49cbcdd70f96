import { toProblem } from '@sallyport/kit';
import { ScimError } from './scim-error.ts';

/** Converts an error. Errors of Express and its body parser with a status of 4xx are caused by the request. */
export function asScimError(error: unknown): ScimError {
  if (error instanceof ScimError) return error;
  const { status } = (error ?? {}) as { status?: unknown };
  if (status === 413) return new ScimError(413, 'The body is too large.');
  if (status === 400 && error instanceof SyntaxError)
    return new ScimError(400, 'The body is not JSON.', 'invalidSyntax');
  if (typeof status === 'number' && status >= 400 && status < 500 && !('code' in (error as object)))
    return new ScimError(status, 'The request cannot be read.');
  const problem = toProblem(error);
  return new ScimError(problem.status, problem.detail);
}
