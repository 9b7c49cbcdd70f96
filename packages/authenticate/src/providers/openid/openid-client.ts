import * as client from 'openid-client';
import type { ProviderConfig } from '@sallyport/contracts';
import { displayName, describeProvider } from '../client/describe-provider.ts';
import type {
  EndSessionRequest,
  AuthorizationRequest,
  ProviderClient,
  ProviderDeps,
} from '../client/provider-client.ts';
import { providerProblem, refreshFailure } from '../client/provider-problem.ts';
import { refreshIdentity, completeCodeFlow } from './code-flow.ts';
import { createDiscovery } from './create-discovery.ts';
import { createReadLogoutToken } from './read-logout-token.ts';

/** Servers on the way may refuse URLs with a longer hint. */
const maxHintLength = 4096;

/**
 * Builds the URL of an end session request (OpenID Connect RP-Initiated Logout 1.0). Returns undefined if the provider
 * has no end session endpoint.
 */
function buildEndSessionUrl(
  configuration: client.Configuration,
  { idToken, hint, returnTo }: EndSessionRequest,
): URL | undefined {
  if (configuration.serverMetadata().end_session_endpoint === undefined) return undefined;
  const who: Record<string, string> =
    idToken !== undefined && idToken.length <= maxHintLength ? { id_token_hint: idToken } : { logout_hint: hint };
  return client.buildEndSessionUrl(configuration, { ...who, post_logout_redirect_uri: returnTo });
}

/** Not every provider supports these scopes, and some refuse a login with a scope that they do not support. */
const optionalScopes = new Set(['groups', 'offline_access']);

function scopesFor(provider: ProviderConfig, supported: readonly string[] | undefined, storesTokens: boolean): string {
  const wanted = provider.scopes.filter((scope) => scope !== 'offline_access' || storesTokens);
  return wanted
    .filter((scope) => !optionalScopes.has(scope) || supported === undefined || supported.includes(scope))
    .join(' ');
}

/** Returns the optional parameters of the authorization request. */
function optionalParams(
  { provider: { extraParams, domainHintParam } }: ProviderDeps,
  { requirements, hints }: AuthorizationRequest,
): Record<string, string> {
  const { maxAge, acrValues = [] } = requirements ?? {};
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
  request: AuthorizationRequest,
): Promise<URL> {
  const { provider, storesTokens = true } = deps;
  return client.buildAuthorizationUrl(configuration, {
    ...optionalParams(deps, request),
    redirect_uri: request.redirectUri,
    scope: scopesFor(provider, configuration.serverMetadata().scopes_supported, storesTokens),
    state: request.state,
    nonce: request.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(request.codeVerifier),
    code_challenge_method: 'S256',
  });
}

/**
 * Creates the client of one OpenID provider: authorization code flow with PKCE (S256), checking state, nonce and
 * issuer. It makes no network request before the first login, and requests no refresh token if tokens are not stored.
 */
export function createOpenIdClient(deps: ProviderDeps): ProviderClient {
  const { provider, now } = deps;
  const discovery = createDiscovery(deps);
  const readLogoutToken = createReadLogoutToken(deps);
  const withConfiguration = async <T>(work: (configuration: client.Configuration) => T | Promise<T>): Promise<T> => {
    try {
      return await work(await discovery());
    } catch (error) {
      throw providerProblem(displayName(provider), error);
    }
  };
  return {
    ...describeProvider(provider),
    authorizationUrl: (request) => withConfiguration((configuration) => authorizationUrl(deps, configuration, request)),
    completeLogin: (callback, request) =>
      withConfiguration((configuration) => completeCodeFlow(deps, configuration, callback, request)),
    async refresh(tokens, of) {
      const configuration = await discovery().catch((error: unknown) => {
        throw refreshFailure(error, { now: now() });
      });
      return refreshIdentity(deps, configuration, tokens, of);
    },
    endSessionUrl: (request) =>
      provider.endSession
        ? withConfiguration((configuration) => buildEndSessionUrl(configuration, request))
        : Promise.resolve(undefined),
    readLogoutToken: (token) =>
      withConfiguration((configuration) => readLogoutToken(configuration.serverMetadata(), token)),
  };
}
