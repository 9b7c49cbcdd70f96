import type { RequestHandler } from 'express';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { readOrigin } from '../http/read-origin.ts';
import { showSignedOut } from './logged-out-page.ts';

/** `GET /.sallyport/signed-out`: where a browser comes back to from the provider's own logout. It ends nothing. */
export function signedOut(deps: RouteDeps): RequestHandler {
  return (request, response) => {
    readOrigin(request, deps.settings);
    showSignedOut(response);
  };
}
