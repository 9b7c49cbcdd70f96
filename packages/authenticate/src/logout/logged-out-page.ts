import type { Response } from 'express';
import { html, type Pages } from '@sallyport/pages';

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
