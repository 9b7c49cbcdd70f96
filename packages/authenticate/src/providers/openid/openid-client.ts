import * as client from 'openid-client';
import type { ProviderConfig } from '@sallyport/contracts';
import { askAgain, askIdentity } from './code-flow.ts';
import { describeProvider } from '../common/describe-provider.ts';
import { createDiscovery } from './discover-provider.ts';
import { endSessionAddress } from './end-session-url.ts';
import type { LoginSecrets, ProviderClient } from '../common/provider-client.ts';
import type { ProviderDeps } from '../common/provider-deps.ts';
import { providerProblem } from '../common/provider-problem.ts';
import { createReadLogoutToken } from './read-logout-token.ts';
import { refreshFailure } from '../common/refresh-failure.ts';

/** Not every provider knows these scopes, and some refuse a login over one that they do not know. */
const dispensable = new Set(['groups', 'offline_access']);

function scopesFor(provider: ProviderConfig, supported: readonly string[] | undefined, keepsTokens: boolean): string {
  const wanted = provider.scopes.filter((scope) => scope !== 'offline_access' || keepsTokens);
  return wanted
    .filter((scope) => !dispensable.has(scope) || supported === undefined || supported.includes(scope))
    .join(' ');
}

/** What goes into the address besides what the protocol itself needs. */
function wishes(
  { provider: { extraParams, domainHintParam } }: ProviderDeps,
  { demands, hints }: LoginSecrets,
): Record<string, string> {
  const { maxAge, acrValues = [] } = demands ?? {};
  return {
    ...extraParams,
    ...(hints?.login === undefined ? {} : { login_hint: hints.login }),
    ...(hints?.domain === undefined || domainHintParam === undefined ? {} : { [domainHintParam]: hints.domain }),
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }),
    ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
  };
}

async function authorizationUrl(
  deps: ProviderDeps,
  configuration: client.Configuration,
  login: LoginSecrets,
): Promise<URL> {
  const { provider, keepsTokens = true } = deps;
  return client.buildAuthorizationUrl(configuration, {
    ...wishes(deps, login),
    redirect_uri: login.redirectUri,
    scope: scopesFor(provider, configuration.serverMetadata().scopes_supported, keepsTokens),
    state: login.state,
    nonce: login.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(login.codeVerifier),
    code_challenge_method: 'S256',
  });
}

/**
 * Creates the client of one OpenID provider: authorization code with PKCE (S256), state, nonce and issuer checked. It
 * asks the network nothing until the first login, and for no refresh token that nobody would keep.
 */
export function createOpenIdClient(deps: ProviderDeps): ProviderClient {
  const { provider, now } = deps;
  const discovery = createDiscovery(deps);
  const readLogoutToken = createReadLogoutToken(deps);
  const told = async <T>(work: (configuration: client.Configuration) => T | Promise<T>): Promise<T> => {
    try {
      return await work(await discovery());
    } catch (error) {
      throw providerProblem(provider.id, error);
    }
  };
  return {
    ...describeProvider(provider),
    authorizationUrl: (login) => told((configuration) => authorizationUrl(deps, configuration, login)),
    finish: (answer, login) => told((configuration) => askIdentity(deps, configuration, answer, login)),
    async refresh(tokens, of) {
      const configuration = await discovery().catch((error: unknown) => {
        throw refreshFailure(error, { now: now() });
      });
      return askAgain(deps, configuration, tokens, of);
    },
    endSessionUrl: (about) =>
      provider.endSession
        ? told((configuration) => endSessionAddress(configuration, about))
        : Promise.resolve(undefined),
    readLogoutToken: (token) => told((configuration) => readLogoutToken(configuration.serverMetadata(), token)),
  };
}
