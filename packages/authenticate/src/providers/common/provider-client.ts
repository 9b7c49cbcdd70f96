import type { Identity, ProviderConfig } from '@sallyport/contracts';
import type { LoginTokens } from '../../tokens/provider-tokens.ts';
import type { EndSession } from '../openid/end-session-url.ts';
import type { LogoutToken } from '../openid/read-logout-token.ts';

/**
 * How strongly and how recently the person must have been authenticated; since `begunAt` (milliseconds since the
 * epoch), not since the answer.
 */
export type LoginDemands = { maxAge?: number; acrValues: string[]; begunAt: number };

/** Whom the person says they are, so that the provider need not ask; nothing follows from it here. */
export type LoginHints = { login?: string; domain?: string };

/** What one login has of its own, kept here between the way there and the way back. */
export type LoginSecrets = {
  redirectUri: string;
  state: string;
  nonce: string;
  codeVerifier: string;
  demands?: LoginDemands;
  hints?: LoginHints;
};

/** What came of a login: who it is, what the provider calls its own session with them, and what it gave. */
export type ProviderLogin = { identity: Identity; sid?: string; tokens: LoginTokens };

/** Whom a refresh must be about; `known` is who they were until now, where that is known. */
export type RefreshedPerson = {
  issuer: string;
  subject: string;
  known?: Pick<Identity, 'email' | 'claims' | 'authTime'>;
};

/** One identity provider, as logins see it. */
export type ProviderClient = {
  id: string;
  issuer: string;
  /** What people know it by. */
  name: string;
  /** Domains whose people have their accounts there. */
  domains: readonly string[];
  /** Where the browser comes back to, below the address of the login pages. */
  callbackPath: string;
  refreshing: ProviderConfig['refresh'];
  /** Where to send the browser. Rejects with `identity-provider-unavailable`. */
  authorizationUrl(login: LoginSecrets): Promise<URL>;
  /** Finishes the code flow and says who it is. `answer` is the query with which the browser came back. */
  finish(answer: URLSearchParams, login: LoginSecrets): Promise<ProviderLogin>;
  /**
   * Asks again who a person is, who must still be the same one; no identity where the provider only says that they may
   * go on. Rejects with a RefreshFailure.
   */
  refresh(
    tokens: LoginTokens & { refreshToken: string },
    of: RefreshedPerson,
  ): Promise<{ identity: Identity | undefined; tokens: LoginTokens }>;
  /** Where a browser ends its session at the provider too; undefined where it cannot. */
  endSessionUrl(about: EndSession): Promise<URL | undefined>;
  /** Verifies a logout token. Rejects with `bad-request`, or with `identity-provider-unavailable`. */
  readLogoutToken(token: string): Promise<LogoutToken>;
};
