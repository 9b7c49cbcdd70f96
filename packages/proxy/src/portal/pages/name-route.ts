import { ProblemError } from '@sallyport/kit';
import type { RequestHandler } from 'express';
import { opensPage, requirePage } from '../../headers/opens-page.ts';
import type { PortalDeps } from '../calls/portal-deps.ts';

/**
 * Names the web application to which a login leads, from its host in the path. An unknown one is refused, and so is what
 * does not open a page: any site can make a browser send it, without the person noticing.
 */
export function nameRoute(deps: Pick<PortalDeps, 'routeOrigin'>): RequestHandler {
  return (request, response, next) => {
    requirePage(opensPage(request));
    const host = Buffer.from(String(request.params['host']), 'base64url').toString('latin1');
    const origin = deps.routeOrigin?.(host);
    if (origin === undefined) throw new ProblemError('not-found', 'There is no such application here.');
    response.locals['route'] = origin;
    next();
  };
}
