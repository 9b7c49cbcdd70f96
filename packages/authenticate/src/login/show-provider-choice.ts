import type { Response } from 'express';
import type { ProviderClient } from '../providers/common/provider-client.ts';
import { html, sendPage } from '../pages/render-page.ts';

/** Lets a person choose where they have their account. Nothing of what they came with is lost on the way. */
export function showChoice(
  providers: readonly ProviderClient[],
  { path, query }: { path: string; query: URLSearchParams },
  response: Response,
): void {
  const rest = [...query].filter(([name]) => name !== 'choose');
  const choices = providers.map(({ id, name, issuer }) => {
    const address = `${path}?${new URLSearchParams([...rest, ['provider', id]]).toString()}`;
    return html`<li><a class="choice" href="${address}">${name} <small>${new URL(issuer).host}</small></a></li>`;
  });
  sendPage(
    response,
    200,
    'Log in',
    html`<p id="where">Where do you have your account?</p>
<nav aria-labelledby="where"><ul>${choices}</ul></nav>`,
  );
}
