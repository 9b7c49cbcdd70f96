import type { RequestHandler } from 'express';
import { readClientFacts } from '@sallyport/kit';
import { ScimError } from '../errors/scim-error.ts';
import type { ScimRoute } from './scim-deps.ts';

/** The header in which the gateway forwards the SHA-256 of a bearer token. It does not forward the token. */
const scimTokenHeader = 'sallyport-scim-token';

/** Rejects requests without a configured token before their bodies are read. */
export const requireClient: ScimRoute =
  ({ clients, events }): RequestHandler =>
  (request, response, next) => {
    const hash = request.headers[scimTokenHeader];
    const client = typeof hash === 'string' ? clients.get(hash) : undefined;
    if (client) {
      response.locals['scimClient'] = client;
      return next();
    }
    const message = hash === undefined ? 'The bearer token is missing.' : 'The bearer token is not valid.';
    events.refused({ path: request.path, code: 401, facts: readClientFacts(request), message });
    response.setHeader('www-authenticate', 'Bearer realm="sallyport-scim"');
    throw new ScimError(401, message);
  };
