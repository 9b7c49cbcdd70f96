import * as client from 'openid-client';
import type { Identity, ProviderConfig } from '@sallyport/contracts';
import { lacksClaims, readIdentity } from '../identity/read-identity.ts';
import { createDiscovery } from './discover-provider.ts';
import type { ProviderFetch } from './provider-fetch.ts';
import { providerProblem } from './provider-problem.ts';

/** What one login has of its own, kept here between the way there and the way back. */
export type LoginSecrets = { redirectUri: string; state: string; nonce: string; codeVerifier: string };

/** One OpenID provider, as a login sees it. */
export type ProviderClient = {
  id: string;
  issuer: string;
  /** Where to send the browser. Rejects with `identity-provider-unavailable`. */
  authorizationUrl(login: LoginSecrets): Promise<URL>;
  /** Finishes the code flow and says who it is. `answer` is the query with which the browser came back. */
  finish(answer: URLSearchParams, login: LoginSecrets): Promise<Identity>;
};

/** Not every provider knows these scopes, and some refuse a login over one that they do not know. */
const dispensable = new Set(['groups', 'offline_access']);

function scopesFor(provider: ProviderConfig, supported: readonly string[] | undefined): string {
  return provider.scopes.filter((scope) => !dispensable.has(scope) || supported === undefined || supported.includes(scope)).join(' ');
}

async function askForIdentity(provider: ProviderConfig, configuration: client.Configuration, answer: URLSearchParams, login: LoginSecrets): Promise<Identity> {
  const url = new URL(login.redirectUri);
  url.search = answer.toString();
  const tokens = await client.authorizationCodeGrant(configuration, url, {
    expectedState: login.state, expectedNonce: login.nonce, pkceCodeVerifier: login.codeVerifier, idTokenExpected: true,
  });
  const claims: object = tokens.claims()!;
  if (!lacksClaims(provider, claims) || configuration.serverMetadata().userinfo_endpoint === undefined) return readIdentity(provider, claims);
  const more = await client.fetchUserInfo(configuration, tokens.access_token, tokens.claims()!.sub);
  // What is signed counts more than what is merely sent.
  return readIdentity(provider, { ...more, ...claims });
}

/** Creates the client of one provider: authorization code with PKCE (S256), state, nonce and issuer checked. It asks the network nothing until the first login. */
export function createProviderClient(deps: { provider: ProviderConfig; fetch: ProviderFetch; now: () => number }): ProviderClient {
  const { provider } = deps;
  const discovery = createDiscovery(deps);
  const told = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw providerProblem(provider.id, error);
    }
  };
  const authorizationUrl = async (login: LoginSecrets) => {
    const configuration = await discovery();
    return client.buildAuthorizationUrl(configuration, {
      redirect_uri: login.redirectUri, scope: scopesFor(provider, configuration.serverMetadata().scopes_supported), state: login.state, nonce: login.nonce,
      code_challenge: await client.calculatePKCECodeChallenge(login.codeVerifier), code_challenge_method: 'S256',
    });
  };
  return {
    id: provider.id,
    issuer: provider.issuer,
    authorizationUrl: (login) => told(authorizationUrl(login)),
    finish: (answer, login) => told(discovery().then((configuration) => askForIdentity(provider, configuration, answer, login))),
  };
}
