import type { Response } from 'express';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import { html, type Pages } from '@sallyport/pages';

/**
 * Sends the page on which the user chooses an identity provider. Keeps all other query parameters. Says so if the login
 * asked for a provider that does not exist.
 */
export function showProviderChoice(
  pages: Pages,
  providers: readonly ProviderClient[],
  { path, query }: { path: string; query: URLSearchParams },
  response: Response,
): void {
  const isUnknown = query.has('provider');
  const rest = [...query].filter(([name]) => name !== 'choose' && name !== 'provider');
  const fault = isUnknown
    ? html`<p class="note" role="alert">This identity provider does not exist here.</p>\n`
    : { markup: '' };
  const choices = providers.map(({ id, name, issuer }) => {
    const address = `${path}?${new URLSearchParams([...rest, ['provider', id]]).toString()}`;
    return html`<li><a class="choice" href="${address}">${name} <small>${new URL(issuer).host}</small></a></li>`;
  });
  pages.send(
    response,
    isUnknown ? 404 : 200,
    'Log in',
    html`${fault}<p id="where">Choose your identity provider.</p>
<nav aria-labelledby="where"><ul>${choices}</ul></nav>`,
  );
}
