import type { ErrorRequestHandler } from 'express';
import { toProblem, type Logger } from '@sallyport/kit';
import { ScimError } from './scim-error.ts';
import { sendScim } from '../routes/send-scim.ts';

const errorUrn = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** Converts an error. Errors of Express and its body parser with a status of 4xx are caused by the request. */
function asScimError(error: unknown): ScimError {
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

/** Creates the error handler. It sends errors in the form of RFC 7644 3.12 and logs unexpected ones. */
export function createErrorHandler({ logger }: { logger: Logger }): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const scimError = asScimError(error);
    if (scimError.status === 500) logger.error({ err: error }, 'unexpected error');
    if (response.headersSent) return void response.destroy();
    if (scimError.status === 503) response.setHeader('retry-after', '2');
    sendScim(response, scimError.status, {
      schemas: [errorUrn],
      status: String(scimError.status),
      ...(scimError.scimType === undefined ? {} : { scimType: scimError.scimType }),
      detail: scimError.message,
    });
  };
}
