import express, { type Express, type RequestHandler } from 'express';
import { discovery } from './routes/discovery.ts';
import { groups } from './routes/groups.ts';
import { requireClient } from './routes/require-client.ts';
import { createErrorHandler } from './errors/error-handler.ts';
import { users } from './routes/users.ts';
import type { ScimDeps } from './routes/scim-deps.ts';
import { ScimError } from './errors/scim-error.ts';

const none =
  (status: number, detail: string): RequestHandler =>
  () => {
    throw new ScimError(status, detail);
  };

/**
 * SCIM 2.0 (RFC 7643, RFC 7644): people and groups as an identity provider pushes them. Every token sees the source
 * that it pushes to, and no other.
 */
export function createScimApp(deps: ScimDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.use(requireClient(deps));
  app.use('/Users', users(deps));
  app.use('/Groups', groups(deps));
  app.use(discovery(deps.baseUrl));
  app.all('/Bulk', none(501, 'Bulk operations are not supported, as ServiceProviderConfig says.'));
  app.post('/.search', none(501, 'A search is of one type of resource: POST /Users/.search or /Groups/.search.'));
  app.all('/Me', none(501, "A token is nobody's own; there is no /Me."));
  app.use((request, _response) => {
    const isKnown =
      /^\/(?:Users|Groups)(?:\/[^/]+)?$|^\/(?:ServiceProviderConfig|Schemas|ResourceTypes)|^\/\.search$/.test(
        request.path,
      );
    throw isKnown
      ? new ScimError(405, 'This address does not take that method.')
      : new ScimError(404, 'There is no such address here.');
  });
  app.use(createErrorHandler(deps));
  return app;
}
