import type { RequestHandler } from 'express';
import { readCaller } from '@sallyport/kit';
import { logout } from '../logout/logout.ts';
import type { LogoutDeps } from '../logout/logout-deps.ts';
import { html } from '@sallyport/pages';

/**
 * `/.pomerium/sign_out`: ends the session of a program that sends its token. Asks a user in a browser first, because
 * following a link must not log them out.
 */
export function signOut(deps: LogoutDeps): RequestHandler {
  const end = logout(deps);
  return (request, response, next) => {
    const caller = readCaller(request.headers);
    if (request.method === 'POST' || caller?.session.kind === 'cli') return end(request, response, next);
    deps.pages.send(
      response,
      200,
      'Log out?',
      html`<p>This ends your session and closes everything that is open in it.</p>
<form method="post" action="/.sallyport/logout"><button type="submit">Log out</button></form>`,
    );
  };
}
