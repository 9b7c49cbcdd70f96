import { ProblemError } from '@sallyport/kit';
import type { Response } from 'express';
import { html, type Pages } from '@sallyport/pages';
import type { LoginHints, ProviderClient } from '../providers/client/provider-client.ts';

const domainPattern = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * Reads the user's name (`login_hint`) and domain (`domain_hint`). Refuses (`bad-request`) values that no provider
 * could understand.
 */
export function readLoginHints(query: URLSearchParams): LoginHints {
  const login = query.get('login_hint');
  const named = query.get('domain_hint')?.toLowerCase();
  if (login !== null && (login.trim() === '' || login.length > 256 || /[\u0000-\u001f\u007f]/.test(login)))
    throw new ProblemError('bad-request', 'login_hint must be a name or an email address of at most 256 characters.');
  if (named !== undefined && !domainPattern.test(named))
    throw new ProblemError('bad-request', 'domain_hint must be a domain, such as example.com.');
  const ofLogin = login?.split('@').slice(1).at(-1)?.toLowerCase();
  const domain = named ?? (ofLogin !== undefined && domainPattern.test(ofLogin) ? ofLogin : undefined);
  return { ...(login === null ? {} : { login }), ...(domain === undefined ? {} : { domain }) };
}

/** Reports whether a login asks for a provider that does not exist. */
export function isUnknownProvider(providers: readonly ProviderClient[], query: URLSearchParams): boolean {
  return query.has('provider') && !providers.some(({ id }) => id === query.get('provider'));
}

/**
 * Returns the provider of a login: the requested one (`provider`), the only one, the one for the hinted domain, or the
 * default. Undefined if the user should choose, which `choose=true` always requests.
 */
export function chooseProvider(
  providers: readonly ProviderClient[],
  query: URLSearchParams,
  { domain }: LoginHints,
  preset: string | undefined,
): ProviderClient | undefined {
  if (providers.length === 0)
    throw new ProblemError(
      'identity-provider-unavailable',
      'No identity provider is configured, so logins are not possible.',
    );
  const id = query.get('provider');
  const chosen = providers.find((provider) => provider.id === id);
  if (id !== null && !chosen) throw new ProblemError('bad-request', 'This identity provider does not exist here.');
  if (chosen || providers.length === 1) return chosen ?? providers[0];
  if (query.get('choose') === 'true') return undefined;
  const byDomain = domain === undefined ? undefined : providers.find(({ domains }) => domains.includes(domain));
  return byDomain ?? providers.find((provider) => provider.id === preset);
}

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
