import express, { type Express, type RequestHandler } from 'express';
import { ScimError } from './answer/scim-error.ts';
import { createErrorHandler } from './answer/send-scim.ts';
import { discovery } from './routes/discovery.ts';
import { groups } from './routes/groups.ts';
import { requireClient, type ScimDeps } from './routes/require-client.ts';
import { resourceRoutes } from './routes/resource-routes.ts';
import { users } from './routes/users.ts';

const refuseWith =
  (status: number, detail: string): RequestHandler =>
  () => {
    throw new ScimError(status, detail);
  };

/**
 * Creates the SCIM 2.0 service (RFC 7643, RFC 7644) to which identity providers push users and groups. A token gives
 * access to its own source only.
 */
export function createScimApp(deps: ScimDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.enable('case sensitive routing');
  app.use(requireClient(deps));
  app.use('/Users', resourceRoutes(deps, users));
  app.use('/Groups', resourceRoutes(deps, groups));
  app.use(discovery(deps.baseUrl));
  app.all('/Bulk', refuseWith(501, 'Bulk operations are not supported. See ServiceProviderConfig.'));
  app.post('/.search', refuseWith(501, 'Search one resource type at a time: POST /Users/.search or /Groups/.search.'));
  app.all('/Me', refuseWith(501, '/Me is not supported: a token does not belong to a user.'));
  app.use((request, _response) => {
    const isKnown =
      /^\/(?:Users|Groups)(?:\/[^/]+)?$|^\/(?:ServiceProviderConfig|Schemas|ResourceTypes)|^\/\.search$/.test(
        request.path,
      );
    throw isKnown
      ? new ScimError(405, 'This endpoint does not support this method.')
      : new ScimError(404, 'There is no such endpoint.');
  });
  app.use(createErrorHandler(deps));
  return app;
}
