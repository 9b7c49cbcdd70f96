import type { RequestHandler } from 'express';
import type { ServiceVerifier } from './service-credential.ts';

/** Creates Express middleware that admits only Sallyport's services, and sets `res.locals.caller` to the calling one. */
export function requireService(verifier: ServiceVerifier): RequestHandler {
  return async (request, response, next) => {
    response.locals.caller = await verifier.verify(request.headers.authorization);
    next();
  };
}
