import type { RequestHandler } from 'express';
import { ProblemError } from '@sallyport/kit';

import { readLoginRequest } from '../login/read-login-request.ts';
import { readQuery } from '../http/read-query.ts';
import type { LoginSettings } from '../settings/login-settings.ts';

const parameter = 'pomerium_redirect_uri';

/** `GET /.pomerium/api/v1/login`: returns the URL that a Pomerium client should open, as plain text. */
export function getSignInUrl(deps: { settings: LoginSettings }): RequestHandler {
  return (request, response) => {
    const { settings } = deps;
    const redirectUri = readQuery(request).get(parameter);
    if (!settings.pomerium || redirectUri === null)
      throw new ProblemError(
        'not-found',
        settings.pomerium
          ? `${parameter} is missing.`
          : 'Logins of Pomerium clients are disabled here (login.pomerium).',
      );
    const query = new URLSearchParams({ [parameter]: redirectUri });
    readLoginRequest(query, settings);
    response.type('text/plain').send(`${settings.loginOrigin}/.sallyport/login?${query.toString()}`);
  };
}
