import type { Response } from 'express';
import { html, sendPage } from '../pages/render-page.ts';

/** The page of whoever has logged out; `there` is where they end their session at the provider, too. */
export function showSignedOut(response: Response, there?: { provider: string; url: URL }): void {
  const onward =
    there === undefined
      ? { markup: '' }
      : html`<p>You are still logged in at your identity provider, <strong>${there.provider}</strong>. <a href="${there.url.href}">Log out there, too</a></p>\n`;
  sendPage(
    response,
    200,
    'You are logged out',
    html`<p>Your session has ended, and everything that was open through it.</p>
${onward}<p><a href="/.sallyport/login">Log in again</a></p>`,
  );
}
