import type { RequestHandler } from 'express';
import { readClientFacts } from '@sallyport/kit';
import { ScimError } from '../errors/scim-error.ts';
import type { ScimRoute } from './scim-deps.ts';

/** The header in which the gateway passes on the SHA-256 of a bearer token; the token itself stays there. */
export const scimTokenHeader = 'sallyport-scim-token';

/** Lets only the holders of a configured token through, before a body is read. */
export const requireClient: ScimRoute =
  ({ clients, events }): RequestHandler =>
  (request, response, next) => {
    const hash = request.headers[scimTokenHeader];
    const client = typeof hash === 'string' ? clients.get(hash) : undefined;
    if (client) {
      response.locals['scimClient'] = client;
      return next();
    }
    const message =
      hash === undefined ? 'A bearer token is missing.' : 'The bearer token is none of those that may push here.';
    events.refused({ path: request.path, code: 401, facts: readClientFacts(request), message });
    response.setHeader('www-authenticate', 'Bearer realm="sallyport-scim"');
    throw new ScimError(401, message);
  };
