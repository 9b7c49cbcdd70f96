import { html, type Html } from '@sallyport/pages';
import type { PortalDeps } from '../calls/portal-deps.ts';
import { renderCommands } from './render-landing.ts';

/** Renders the page for a browser that is not logged in here: what this is, and how to log in. */
export function renderWelcome({ origin, landing: { gatewayUrl, loginOrigin } }: PortalDeps): Html {
  // A browser has its session at the origin of the login pages. On another one it only looks logged out.
  const elsewhere =
    origin === loginOrigin
      ? { markup: '' }
      : html`<p class="quiet">Already logged in? Your page is at <a href="${loginOrigin}/">${loginOrigin}</a>.</p>\n`;
  return html`<p>This gateway gives you access to Kubernetes clusters. You log in with the account that you already have.</p>
<p class="actions"><a class="act" href="${loginOrigin}/.sallyport/login?return_to=/">Log in</a></p>
${elsewhere}<h2>In a terminal</h2>
<p>Log in and add your clusters to kubectl. After that, kubectl works as usual.</p>
${renderCommands(gatewayUrl)}`;
}
