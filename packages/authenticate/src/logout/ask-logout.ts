import type { RequestHandler, Response } from 'express';
import { readCaller } from '@sallyport/kit';
import { html, type Pages } from '@sallyport/pages';
import { readOrigin } from '../http/read-origin.ts';
import { sendLoggedOutPage } from './logged-out-page.ts';
import type { LogoutDeps } from './logout-deps.ts';

/** Sends the page that asks a user before a logout, because following a link must not log them out. */
export function sendLogoutQuestion(pages: Pages, response: Response): void {
  pages.send(
    response,
    200,
    'Log out?',
    html`<p>This ends your session and closes everything that is open in it, at every web application too.</p>
<form method="post" action="/.sallyport/logout"><button type="submit">Log out</button></form>`,
  );
}

/** `GET /.sallyport/logout`: asks a user in a browser. Web applications lead here. */
export function askLogout({ settings, pages }: Pick<LogoutDeps, 'settings' | 'pages'>): RequestHandler {
  return (request, response) => {
    if (readOrigin(request, settings) !== settings.loginOrigin)
      return response.redirect(302, `${settings.loginOrigin}/.sallyport/logout`);
    if (!readCaller(request.headers)) return sendLoggedOutPage(pages, response);
    sendLogoutQuestion(pages, response);
  };
}
