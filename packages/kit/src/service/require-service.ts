import type { RequestHandler } from 'express';
import type { ServiceVerifier } from './service-credential.ts';

/**
 * Express middleware: lets only calls of Sallyport's own services through and notes the caller in `res.locals.caller`.
 */
export function requireService(verifier: ServiceVerifier): RequestHandler {
  return async (request, response, next) => {
    response.locals.caller = await verifier.verify(request.headers.authorization);
    next();
  };
}
