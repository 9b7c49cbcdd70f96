import * as client from 'openid-client';
import type { Identity } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { describeProvider } from '../common/describe-provider.ts';
import type { LoginSecrets, ProviderClient, ProviderLogin } from '../common/provider-client.ts';
import type { ProviderDeps } from '../common/provider-deps.ts';
import { readPerson } from '../common/read-person.ts';
import { refreshFailure, RefreshFailure } from '../common/refresh-failure.ts';
import { createGithubApi } from './github-api.ts';
import { githubApiUrl } from './github-address.ts';
import { githubProblem, githubRefreshFailure } from './github-problem.ts';
import { fetchGithubTokens, lastingToken, type GithubTokens } from './github-tokens.ts';
import { readGithubClaims } from './read-github-claims.ts';

async function authorizationUrl({ provider }: ProviderDeps, login: LoginSecrets): Promise<URL> {
  const { demands, hints } = login;
  if (demands?.maxAge !== undefined || (demands?.acrValues ?? []).length > 0)
    throw new ProblemError(
      'bad-request',
      `The identity provider ${provider.id} cannot say how and when somebody was authenticated (max_age, acr_values). Choose another one.`,
    );
  const url = new URL(`${provider.issuer}/login/oauth/authorize`);
  const params = {
    ...provider.extraParams,
    ...(hints?.login === undefined ? {} : { login: hints.login }),
    client_id: provider.clientId,
    redirect_uri: login.redirectUri,
    response_type: 'code',
    scope: provider.scopes.join(' '),
    state: login.state,
    code_challenge: await client.calculatePKCECodeChallenge(login.codeVerifier),
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
  return readPerson(
    deps,
    await readGithubClaims(createGithubApi({ fetch, apiUrl: githubApiUrl(provider), token }), provider),
  );
}

/** What the browser brought must be an answer to this login and of this provider, and a code. */
function readCode({ provider }: ProviderDeps, answer: URLSearchParams, { state }: LoginSecrets): string {
  const [codes, issuers] = [answer.getAll('code'), answer.getAll('iss')];
  const error = answer.get('error');
  if (error !== null)
    throw new ProblemError(
      'login-failed',
      `The identity provider ${provider.id} ${error === 'access_denied' ? 'denied the login' : 'refused the login'}.`,
    );
  // RFC 9207: GitHub does not say who answers; if somebody else does, it is not our answer.
  if (answer.get('state') !== state || issuers.some((issuer) => issuer !== provider.issuer))
    throw new ProblemError(
      'login-failed',
      `The answer is not one of the identity provider ${provider.id} to this login.`,
    );
  if (codes.length !== 1 || codes[0] === '')
    throw new ProblemError('login-failed', `The identity provider ${provider.id} sent no code.`);
  return codes[0]!;
}

async function finish(deps: ProviderDeps, answer: URLSearchParams, login: LoginSecrets): Promise<ProviderLogin> {
  const code = readCode(deps, answer, login);
  const tokens = await fetchGithubTokens(deps, {
    code,
    redirect_uri: login.redirectUri,
    code_verifier: login.codeVerifier,
  });
  return {
    identity: await identify(deps, tokens),
    tokens: (deps.keepsTokens ?? true) ? { refreshToken: tokens.renewal } : {},
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
      throw new RefreshFailure('the provider speaks of somebody else', { ends: 'changed' });
    return { identity, tokens: kept };
  } catch (error) {
    throw (
      githubRefreshFailure(error, { now: deps.now(), tokens: kept }) ??
      refreshFailure(error, { now: deps.now(), tokens: kept })
    );
  }
}

/**
 * Creates the client of GitHub, which speaks OAuth 2.0 alone: authorization code with PKCE (S256), and its API says who
 * it is. It has no id_token, no logout and nothing to say about how somebody was authenticated.
 */
export function createGithubClient(deps: ProviderDeps): ProviderClient {
  const { provider } = deps;
  return {
    ...describeProvider(provider),
    authorizationUrl: (login) => authorizationUrl(deps, login),
    finish: (answer, login) =>
      finish(deps, answer, login).catch((error: unknown) => {
        throw githubProblem(provider.id, error);
      }),
    refresh: ({ refreshToken }, of) => refresh(deps, refreshToken, of),
    endSessionUrl: async () => undefined,
    readLogoutToken: async () => {
      throw new ProblemError('bad-request', `The identity provider ${provider.id} sends no logout tokens.`);
    },
  };
}
