import { ProblemError } from '@sallyport/kit';
import type { LoginHints, ProviderClient } from '../providers/common/provider-client.ts';

const domainPattern = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * Reads the user's name (`login_hint`) and domain (`domain_hint`). Refuses (`bad-request`) values that no provider
 * could understand.
 */
export function readLoginHints(query: URLSearchParams): LoginHints {
  const [login, named] = [query.get('login_hint'), query.get('domain_hint')?.toLowerCase()];
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
