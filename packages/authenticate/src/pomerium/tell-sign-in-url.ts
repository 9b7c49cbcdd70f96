import type { RequestHandler } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { readLoginRequest } from '../login/read-login-request.ts';
import { readQuery } from '../http/read-query.ts';

const parameter = 'pomerium_redirect_uri';

/** `GET /.pomerium/api/v1/login`: tells a client of Pomerium's which page to open, as the whole of a plain text. */
export function tellSignInUrl(deps: RouteDeps): RequestHandler {
  return (request, response) => {
    const { settings } = deps;
    const redirectUri = readQuery(request).get(parameter);
    if (!settings.pomerium || redirectUri === null)
      throw new ProblemError(
        'not-found',
        settings.pomerium
          ? `${parameter} is missing.`
          : "Logins of Pomerium's clients are switched off here (login.pomerium).",
      );
    const query = new URLSearchParams({ [parameter]: redirectUri });
    readLoginRequest(query, settings);
    response.type('text/plain').send(`${settings.loginOrigin}/.sallyport/login?${query.toString()}`);
  };
}
