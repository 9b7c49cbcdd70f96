import type { RequestHandler } from 'express';
import { readCaller } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { html, sendPage } from '../pages/render-page.ts';
import { logout } from '../logout/logout.ts';

/**
 * `/.pomerium/sign_out`: ends the session of a program that comes with its token; asks a person in a browser first, for
 * a mere link must not log them out.
 */
export function signOut(deps: RouteDeps): RequestHandler {
  const end = logout(deps);
  return (request, response, next) => {
    const caller = readCaller(request.headers);
    if (request.method === 'POST' || caller?.session.kind === 'cli') return end(request, response, next);
    sendPage(
      response,
      200,
      'Log out?',
      html`<p>Your session ends, and everything that is open through it.</p>
<form method="post" action="/.sallyport/logout"><button type="submit">Log out</button></form>`,
    );
  };
}
