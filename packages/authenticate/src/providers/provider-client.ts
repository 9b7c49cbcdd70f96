import * as client from 'openid-client';
import type { Identity, ProviderConfig } from '@sallyport/contracts';
import type { LoginTokens } from '../session/login-tokens.ts';
import { askAgain, askIdentity } from './ask-identity.ts';
import { createDiscovery } from './discover-provider.ts';
import { endSessionAddress, type EndSession } from './end-session-address.ts';
import type { ProviderFetch } from './provider-fetch.ts';
import { providerProblem } from './provider-problem.ts';
import { createReadLogoutToken, type LogoutToken } from './read-logout-token.ts';
import { refreshFailure } from './refresh-failure.ts';

/** How strongly and how recently the person must have been authenticated; since `begunAt` (milliseconds since the epoch), not since the answer. */
export type LoginDemands = { maxAge?: number; acrValues: string[]; begunAt: number };

/** What one login has of its own, kept here between the way there and the way back. */
export type LoginSecrets = { redirectUri: string; state: string; nonce: string; codeVerifier: string; demands?: LoginDemands };

/** What came of a login: who it is, what the provider calls its own session with them, and what it gave. */
export type ProviderLogin = { identity: Identity; sid?: string; tokens: LoginTokens };

/** One OpenID provider, as logins see it. */
export type ProviderClient = {
  id: string;
  issuer: string;
  refreshing: ProviderConfig['refresh'];
  /** Where to send the browser. Rejects with `identity-provider-unavailable`. */
  authorizationUrl(login: LoginSecrets): Promise<URL>;
  /** Finishes the code flow and says who it is. `answer` is the query with which the browser came back. */
  finish(answer: URLSearchParams, login: LoginSecrets): Promise<ProviderLogin>;
  /** Asks again who a person is, who must still be the same one; no identity where the provider only says that they may go on. Rejects with a RefreshFailure. */
  refresh(tokens: LoginTokens & { refreshToken: string }, of: { issuer: string; subject: string }): Promise<{ identity: Identity | undefined; tokens: LoginTokens }>;
  /** Where a browser ends its session at the provider too; undefined where it cannot. */
  endSessionUrl(about: EndSession): Promise<URL | undefined>;
  /** Verifies a logout token. Rejects with `bad-request`, or with `identity-provider-unavailable`. */
  readLogoutToken(token: string): Promise<LogoutToken>;
};

/** Not every provider knows these scopes, and some refuse a login over one that they do not know. */
const dispensable = new Set(['groups', 'offline_access']);

function scopesFor(provider: ProviderConfig, supported: readonly string[] | undefined, keepsTokens: boolean): string {
  const wanted = provider.scopes.filter((scope) => scope !== 'offline_access' || keepsTokens);
  return wanted.filter((scope) => !dispensable.has(scope) || supported === undefined || supported.includes(scope)).join(' ');
}

async function authorizationUrl({ provider, keepsTokens = true }: { provider: ProviderConfig; keepsTokens?: boolean }, configuration: client.Configuration, login: LoginSecrets): Promise<URL> {
  const { maxAge, acrValues = [] } = login.demands ?? {};
  return client.buildAuthorizationUrl(configuration, {
    redirect_uri: login.redirectUri, scope: scopesFor(provider, configuration.serverMetadata().scopes_supported, keepsTokens), state: login.state, nonce: login.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(login.codeVerifier), code_challenge_method: 'S256',
    ...(maxAge === undefined ? {} : { max_age: String(maxAge) }), ...(acrValues.length === 0 ? {} : { acr_values: acrValues.join(' ') }),
  });
}

/** Creates the client of one provider: authorization code with PKCE (S256), state, nonce and issuer checked. It asks the network nothing until the first login, and for no refresh token that nobody would keep. */
export function createProviderClient(deps: { provider: ProviderConfig; fetch: ProviderFetch; now: () => number; keepsTokens?: boolean }): ProviderClient {
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
    id: provider.id,
    issuer: provider.issuer,
    refreshing: provider.refresh,
    authorizationUrl: (login) => told((configuration) => authorizationUrl(deps, configuration, login)),
    finish: (answer, login) => told((configuration) => askIdentity(provider, configuration, answer, login, now())),
    async refresh(tokens, of) {
      const configuration = await discovery().catch((error: unknown) => { throw refreshFailure(error, { now: now() }); });
      return askAgain(provider, configuration, tokens, of, now());
    },
    endSessionUrl: (about) => (provider.endSession ? told((configuration) => endSessionAddress(configuration, about)) : Promise.resolve(undefined)),
    readLogoutToken: (token) => told((configuration) => readLogoutToken(configuration.serverMetadata(), token)),
  };
}
