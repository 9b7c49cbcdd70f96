import type { Response } from 'express';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import { html, type Pages } from '@sallyport/pages';

/** Sends the page on which the user chooses an identity provider. Keeps all other query parameters. */
export function showProviderChoice(
  pages: Pages,
  providers: readonly ProviderClient[],
  { path, query }: { path: string; query: URLSearchParams },
  response: Response,
): void {
  const rest = [...query].filter(([name]) => name !== 'choose');
  const choices = providers.map(({ id, name, issuer }) => {
    const address = `${path}?${new URLSearchParams([...rest, ['provider', id]]).toString()}`;
    return html`<li><a class="choice" href="${address}">${name} <small>${new URL(issuer).host}</small></a></li>`;
  });
  pages.send(
    response,
    200,
    'Log in',
    html`<p id="where">Choose your identity provider.</p>
<nav aria-labelledby="where"><ul>${choices}</ul></nav>`,
  );
}
