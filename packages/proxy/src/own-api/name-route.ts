import { ProblemError } from '@sallyport/kit';
import type { RequestHandler } from 'express';
import type { OwnApiDeps } from './own-api-deps.ts';

/** Names the web application to which a login leads, from its host in the path. An unknown one is refused. */
export function nameRoute(deps: Pick<OwnApiDeps, 'routeOrigin'>): RequestHandler {
  return (request, response, next) => {
    const host = Buffer.from(String(request.params['host']), 'base64url').toString('latin1');
    const origin = deps.routeOrigin?.(host);
    if (origin === undefined) throw new ProblemError('not-found', 'There is no such application here.');
    response.locals['route'] = origin;
    next();
  };
}
