import * as client from 'openid-client';
import type { Identity } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { displayName, describeProvider, identityFromClaims } from '../client/describe-provider.ts';
import type { AuthorizationRequest, ProviderClient, ProviderLogin, ProviderDeps } from '../client/provider-client.ts';
import { refreshFailure, RefreshFailure } from '../client/provider-problem.ts';
import { createGithubApi, githubApiUrl } from './github-api.ts';
import {
  githubProblem,
  githubRefreshFailure,
  fetchGithubTokens,
  lastingToken,
  type GithubTokens,
} from './github-tokens.ts';
import { readGithubClaims } from './read-github-claims.ts';

async function authorizationUrl({ provider }: ProviderDeps, request: AuthorizationRequest): Promise<URL> {
  const { requirements, hints } = request;
  if (requirements?.maxAge !== undefined || (requirements?.acrValues ?? []).length > 0)
    throw new ProblemError(
      'bad-request',
      `The identity provider ${displayName(provider)} does not support max_age and acr_values. Choose another one.`,
    );
  const url = new URL(`${provider.issuer}/login/oauth/authorize`);
  const params = {
    ...provider.extraParams,
    ...(hints?.login === undefined ? {} : { login: hints.login }),
    client_id: provider.clientId,
    redirect_uri: request.redirectUri,
    response_type: 'code',
    scope: provider.scopes.join(' '),
    state: request.state,
    code_challenge: await client.calculatePKCECodeChallenge(request.codeVerifier),
    code_challenge_method: 'S256',
  };
  url.search = new URLSearchParams(params).toString();
  return url;
}

async function identify(
  deps: ProviderDeps,
  { accessToken: token }: Pick<GithubTokens, 'accessToken'>,
): Promise<Identity> {
  const { provider, fetch } = deps;
  return identityFromClaims(
    deps,
    await readGithubClaims(createGithubApi({ fetch, apiUrl: githubApiUrl(provider), token }), provider),
  );
}

/** Reads the authorization code. Refuses responses to another login or from another provider. */
function readCode({ provider }: ProviderDeps, callback: URLSearchParams, { state }: AuthorizationRequest): string {
  const codes = callback.getAll('code');
  const issuers = callback.getAll('iss');
  const error = callback.get('error');
  if (error !== null)
    throw new ProblemError(
      'login-failed',
      `The identity provider ${displayName(provider)} ${error === 'access_denied' ? 'denied the login' : 'refused the login'}.`,
    );
  // RFC 9207: GitHub sends no `iss`. If there is one, another provider answered.
  if (callback.get('state') !== state || issuers.some((issuer) => issuer !== provider.issuer))
    throw new ProblemError(
      'login-failed',
      `The response does not belong to this login with the identity provider ${displayName(provider)}.`,
    );
  if (codes.length !== 1 || codes[0] === '')
    throw new ProblemError(
      'login-failed',
      `The identity provider ${displayName(provider)} sent no authorization code.`,
    );
  return codes[0]!;
}

async function completeLogin(
  deps: ProviderDeps,
  callback: URLSearchParams,
  request: AuthorizationRequest,
): Promise<ProviderLogin> {
  const code = readCode(deps, callback, request);
  const tokens = await fetchGithubTokens(deps, {
    code,
    redirect_uri: request.redirectUri,
    code_verifier: request.codeVerifier,
  });
  return {
    identity: await identify(deps, tokens),
    tokens: (deps.storesTokens ?? true) ? { refreshToken: tokens.renewal } : {},
  };
}

async function refresh(
  deps: ProviderDeps,
  refreshToken: string,
  of: { issuer: string; subject: string },
): ReturnType<ProviderClient['refresh']> {
  const lasting = lastingToken(refreshToken);
  let kept = { refreshToken };
  try {
    const tokens =
      lasting === undefined
        ? await fetchGithubTokens(deps, { grant_type: 'refresh_token', refresh_token: refreshToken })
        : { accessToken: lasting, renewal: refreshToken };
    kept = { refreshToken: tokens.renewal };
    const identity = await identify(deps, tokens);
    if (identity.subject !== of.subject || identity.issuer !== of.issuer)
      throw new RefreshFailure('the access token belongs to another user', { ends: 'changed' });
    return { identity, tokens: kept };
  } catch (error) {
    throw (
      githubRefreshFailure(error, { now: deps.now(), tokens: kept }) ??
      refreshFailure(error, { now: deps.now(), tokens: kept })
    );
  }
}

/**
 * Creates the client of GitHub, which supports only OAuth 2.0: authorization code flow with PKCE (S256), and an API for
 * the identity. There are no ID tokens, no logout, and no claims about the authentication.
 */
export function createGithubClient(deps: ProviderDeps): ProviderClient {
  const { provider } = deps;
  return {
    ...describeProvider(provider),
    authorizationUrl: (request) => authorizationUrl(deps, request),
    completeLogin: (callback, request) =>
      completeLogin(deps, callback, request).catch((error: unknown) => {
        throw githubProblem(displayName(provider), error);
      }),
    refresh: ({ refreshToken }, of) => refresh(deps, refreshToken, of),
    endSessionUrl: async () => undefined,
    readLogoutToken: async () => {
      throw new ProblemError(
        'bad-request',
        `The identity provider ${displayName(provider)} does not support logout tokens.`,
      );
    },
  };
}
