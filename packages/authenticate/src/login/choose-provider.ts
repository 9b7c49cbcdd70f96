import { ProblemError } from '@sallyport/kit';
import type { LoginHints, ProviderClient } from '../providers/common/provider-client.ts';

const domainPattern = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * Whom a person says they are (`login_hint`), or where they belong (`domain_hint`). Refuses (`bad-request`) what no
 * provider could make sense of.
 */
export function readLoginHints(query: URLSearchParams): LoginHints {
  const [login, named] = [query.get('login_hint'), query.get('domain_hint')?.toLowerCase()];
  if (login !== null && (login.trim() === '' || login.length > 256 || /[\u0000-\u001f\u007f]/.test(login)))
    throw new ProblemError('bad-request', 'login_hint must be a name or an e-mail address, 256 characters at most.');
  if (named !== undefined && !domainPattern.test(named))
    throw new ProblemError('bad-request', 'domain_hint must be a domain, such as example.com.');
  const ofLogin = login?.split('@').slice(1).at(-1)?.toLowerCase();
  const domain = named ?? (ofLogin !== undefined && domainPattern.test(ofLogin) ? ofLogin : undefined);
  return { ...(login === null ? {} : { login }), ...(domain === undefined ? {} : { domain }) };
}

/**
 * The provider of a login: the one that is asked for (`provider`), the only one, the one that has the domain of a hint,
 * or the default; undefined where the person is to choose, as they may always (`choose=true`).
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
      'No identity provider is configured here, so nobody can log in.',
    );
  const id = query.get('provider');
  const chosen = providers.find((provider) => provider.id === id);
  if (id !== null && !chosen) throw new ProblemError('bad-request', 'There is no identity provider of that name here.');
  if (chosen || providers.length === 1) return chosen ?? providers[0];
  if (query.get('choose') === 'true') return undefined;
  const byDomain = domain === undefined ? undefined : providers.find(({ domains }) => domains.includes(domain));
  return byDomain ?? providers.find((provider) => provider.id === preset);
}
