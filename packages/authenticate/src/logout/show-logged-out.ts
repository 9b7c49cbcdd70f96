import type { RequestHandler } from 'express';

import { readOrigin } from '../http/read-origin.ts';
import { sendLoggedOutPage } from './logged-out-page.ts';
import type { LogoutDeps } from './logout-deps.ts';

/** `GET /.sallyport/signed-out`: the page to which the provider's logout returns. It ends nothing. */
export function showLoggedOut(deps: Pick<LogoutDeps, 'settings' | 'pages'>): RequestHandler {
  return (request, response) => {
    readOrigin(request, deps.settings);
    sendLoggedOutPage(deps.pages, response);
  };
}
