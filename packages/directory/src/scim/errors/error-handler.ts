import type { ErrorRequestHandler } from 'express';
import { toProblem, type Logger } from '@sallyport/kit';
import { ScimError } from './scim-error.ts';
import { sendScim } from '../routes/send-scim.ts';

const errorUrn = 'urn:ietf:params:scim:api:messages:2.0:Error';

/** Errors of Express and its body parser carry a status of 4xx and are the request's fault. */
function asScimError(error: unknown): ScimError {
  if (error instanceof ScimError) return error;
  const { status } = (error ?? {}) as { status?: unknown };
  if (status === 413) return new ScimError(413, 'The body is larger than this address takes.');
  if (status === 400 && error instanceof SyntaxError)
    return new ScimError(400, 'The body is no JSON.', 'invalidSyntax');
  if (typeof status === 'number' && status >= 400 && status < 500 && !('code' in (error as object)))
    return new ScimError(status, 'The request cannot be read.');
  const problem = toProblem(error);
  return new ScimError(problem.status, problem.detail);
}

/** Renders every error as RFC 7644 3.12 has it; logs those that are bugs. */
export function createErrorHandler({ logger }: { logger: Logger }): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    const fault = asScimError(error);
    if (fault.status === 500) logger.error({ err: error }, 'unexpected error');
    if (response.headersSent) return void response.destroy();
    if (fault.status === 503) response.setHeader('retry-after', '2');
    sendScim(response, fault.status, {
      schemas: [errorUrn],
      status: String(fault.status),
      ...(fault.scimType === undefined ? {} : { scimType: fault.scimType }),
      detail: fault.message,
    });
  };
}
