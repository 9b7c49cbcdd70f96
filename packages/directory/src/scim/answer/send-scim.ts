import type { Response, ErrorRequestHandler } from 'express';
import type { Logger } from '@sallyport/kit';
import { asScimError } from './scim-error.ts';

const scimType = 'application/scim+json';

/** Sends a JSON body with the SCIM media type. */
export function sendScim(response: Response, status: number, body: object): void {
  response.status(status).type(scimType).send(JSON.stringify(body));
}

const errorUrn = 'urn:ietf:params:scim:api:messages:2.0:Error';

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
      scimType: scimError.scimType,
      detail: scimError.message,
    });
  };
}
