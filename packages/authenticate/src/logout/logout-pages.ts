import type { Response, RequestHandler } from 'express';
import { html, type Pages } from '@sallyport/pages';
import { readCaller } from '@sallyport/kit';
import { readOrigin } from '../http/read-request.ts';
import type { HandlerDeps } from '../session/handler-deps.ts';

/**
 * Sends the page that confirms a logout. `atProvider` is the URL that ends the session at the provider. `recorded` is
 * false if the audit log has not recorded the logout yet.
 */
export function sendLoggedOutPage(
  pages: Pages,
  response: Response,
  { recorded = true, atProvider }: { recorded?: boolean; atProvider?: { provider: string; url: URL } | undefined } = {},
): void {
  const late = recorded
    ? { markup: '' }
    : html`<p>The audit log could not record this yet. The gateway keeps the event and records it later.</p>\n`;

  const onward =
    atProvider === undefined
      ? { markup: '' }
      : html`<p>You are still logged in to your identity provider, <strong>${atProvider.provider}</strong>. <a href="${atProvider.url.href}">Log out there too</a></p>\n`;
  pages.send(
    response,
    200,
    'You are logged out',
    html`<p>Your session has ended. Everything that was open in it is closed.</p>
${late}${onward}<p><a href="/.sallyport/login?return_to=/">Log in again</a></p>`,
  );
}

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
export function askLogout({ settings, pages }: Pick<HandlerDeps, 'settings' | 'pages'>): RequestHandler {
  return (request, response) => {
    if (readOrigin(request, settings) !== settings.loginOrigin)
      return response.redirect(302, `${settings.loginOrigin}/.sallyport/logout`);
    if (!readCaller(request.headers)) return sendLoggedOutPage(pages, response);
    sendLogoutQuestion(pages, response);
  };
}

/** `GET /.sallyport/signed-out`: the page to which the provider's logout returns. It ends nothing. */
export function showLoggedOut(deps: Pick<HandlerDeps, 'settings' | 'pages'>): RequestHandler {
  return (request, response) => {
    readOrigin(request, deps.settings);
    sendLoggedOutPage(deps.pages, response);
  };
}
