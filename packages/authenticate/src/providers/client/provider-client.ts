import type { Identity, ProviderConfig } from '@sallyport/contracts';
import type { CryptoKey } from 'jose';
import type { ForeignPrefixes } from '@sallyport/directory';
import type { OutboundFetch } from '@sallyport/kit';
import type { ProviderTokens } from '../../tokens/provider-tokens.ts';

/**
 * How strongly and how recently the user must have been authenticated. `maxAge` counts from `begunAt` (milliseconds
 * since the epoch), not from the authorization response.
 */
export type LoginRequirements = { maxAge?: number; acrValues: string[]; begunAt: number };

/** Who the user claims to be, so that the provider need not ask. Not trusted here. */
export type LoginHints = { login?: string; domain?: string };

/** The authorization request of one login. It is kept from the redirect to the provider until the callback. */
export type AuthorizationRequest = {
  redirectUri: string;
  state: string;
  nonce: string;
  codeVerifier: string;
  requirements?: LoginRequirements;
  hints?: LoginHints;
};

/** The result of a login: the identity, the provider's ID of its own session, and the tokens that it issued. */
export type ProviderLogin = { identity: Identity; sid?: string; tokens: ProviderTokens };

/** The user whom a refresh must be about. `known` is their identity until now, if it is known. */
export type RefreshSubject = {
  issuer: string;
  subject: string;
  known?: Pick<Identity, 'email' | 'claims' | 'authTime'>;
};

/** The parameters of an end session request: who logs out, and where the browser returns to. */
export type EndSessionRequest = { idToken?: ProviderTokens['idToken']; hint: string; returnTo: string };

/**
 * A verified logout token: whose sessions end. It could be replayed until `replayableUntil` (milliseconds since the
 * epoch), so its `jti` must be remembered until then.
 */
export type LogoutToken = { issuer: string; jti: string; subject?: string; sid?: string; replayableUntil: number };

/** The client of one identity provider, of which this gateway is a relying party. */
export type ProviderClient = {
  id: string;
  issuer: string;
  /** The name that users know it by. */
  name: string;
  /** The email domains whose users have their accounts there. */
  domains: readonly string[];
  /** The path of the redirect URI, on the origin of the login pages. */
  callbackPath: string;
  refreshing: ProviderConfig['refresh'];
  /** Returns the URL of the authorization request. Rejects with `identity-provider-unavailable`. */
  authorizationUrl(request: AuthorizationRequest): Promise<URL>;
  /** Completes the authorization code flow. `callback` is the query of the authorization response. */
  completeLogin(callback: URLSearchParams, request: AuthorizationRequest): Promise<ProviderLogin>;
  /**
   * Refreshes the identity, which must be of the same user. The identity is undefined if the provider only confirms
   * that the session may continue. Rejects with a RefreshFailure.
   */
  refresh(
    tokens: ProviderTokens & { refreshToken: string },
    of: RefreshSubject,
  ): Promise<{ identity: Identity | undefined; tokens: ProviderTokens }>;
  /** Returns the URL that ends the session at the provider. Undefined if the provider has none. */
  endSessionUrl(request: EndSessionRequest): Promise<URL | undefined>;
  /** Verifies a logout token. Rejects with `bad-request` or `identity-provider-unavailable`. */
  readLogoutToken(token: string): Promise<LogoutToken>;
};

/** The dependencies of a provider client. */
export type ProviderDeps = {
  provider: ProviderConfig;
  fetch: OutboundFetch;
  now: () => number;
  /** Signs client assertions if `clientAuth` is `private_key_jwt`. */
  clientKey?: CryptoKey;
  /** Names that belong to other providers. The default is none. */
  foreign?: ForeignPrefixes;
  /** Whether refresh tokens are stored (the default). If not, none is requested. */
  storesTokens?: boolean;
};

/** Returns the name that users know a provider by, or the ID of one that is no longer configured. */
export function providerName(providers: readonly { id: string; name: string }[], id: string): string {
  return providers.find((provider) => provider.id === id)?.name ?? id;
}
