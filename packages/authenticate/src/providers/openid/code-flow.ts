import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import type { Identity, ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { mergeClaims } from '../../identity/merge-claims.ts';
import { lacksClaims } from '../../identity/read-identity.ts';
import type { ProviderTokens } from '../../tokens/provider-tokens.ts';
import { identityFromClaims } from '../client/describe-provider.ts';
import type { AuthorizationRequest, ProviderLogin, RefreshSubject, ProviderDeps } from '../client/provider-client.ts';
import { RefreshFailure, refreshFailure } from '../client/provider-problem.ts';
import { withTenantIssuer } from './tenant-issuers.ts';

/** The same tolerance as for the times in ID tokens. */
const clockToleranceSeconds = 30;

type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/**
 * Returns the tokens of a token response to store. A refresh token that is not replaced stays valid (RFC 6749 6), and
 * so does an ID token as a hint.
 */
function tokensToStore(response: Tokens, before: ProviderTokens = {}): ProviderTokens {
  const { refresh_token: refreshToken = before.refreshToken, id_token: idToken = before.idToken } = response;
  return { ...(refreshToken === undefined ? {} : { refreshToken }), ...(idToken === undefined ? {} : { idToken }) };
}

/**
 * OpenID Connect Core 3.1.3.7: refuses an ID token with an audience that the operator does not trust, or that was
 * issued to another client.
 */
function checkAudience({ clientId, audiences }: ProviderConfig, { aud, azp }: client.IDToken): void {
  const untrusted = [aud].flat().find((one) => one !== clientId && !audiences.includes(one));
  if (untrusted === undefined && (azp === undefined || azp === clientId)) return;
  throw new ProblemError(
    'login-failed',
    'The identity provider sent an ID token that is not only for this gateway (aud, azp).',
  );
}

function needsUserInfo({ userInfo }: ProviderConfig, lacking: () => boolean): boolean {
  return userInfo === 'always' || (userInfo === 'ifMissing' && lacking());
}

/**
 * Reads the identity from a new ID token, and from UserInfo if it is needed. `authentication` holds the claims about
 * the authentication if they are already known from the login.
 */
async function identify(
  deps: ProviderDeps,
  configuration: client.Configuration,
  response: Tokens,
  authentication: object = {},
): Promise<Identity> {
  const { provider } = deps;
  const claims = response.claims()!;
  checkAudience(provider, claims);
  const fetches =
    configuration.serverMetadata().userinfo_endpoint !== undefined &&
    needsUserInfo(provider, () => lacksClaims(provider, claims));
  const userInfo = fetches ? await client.fetchUserInfo(configuration, response.access_token, claims.sub) : {};
  const merged = mergeClaims(provider, { idToken: claims, userInfo });
  return identityFromClaims(deps, { ...merged, ...authentication }, [claims, userInfo]);
}

/** OpenID Connect Core 5.5.1.1: a relying party that requests a class must check which one was used. */
function checkStrength({ requirements }: AuthorizationRequest, acr: unknown): void {
  const acrValues = requirements?.acrValues ?? [];
  if (acrValues.length > 0 && (typeof acr !== 'string' || !acrValues.includes(acr))) {
    throw new ProblemError(
      'login-failed',
      'The identity provider did not authenticate you as strongly as requested (acr_values).',
    );
  }
}

/**
 * Checks `max_age` (OpenID Connect Core 3.1.2.1) as of the start of the login, because users may take their time on the
 * provider's pages.
 */
function checkRecency({ requirements }: AuthorizationRequest, authTime: number | undefined): void {
  if (requirements?.maxAge === undefined) return;
  const oldest = requirements.begunAt / 1000 - requirements.maxAge - clockToleranceSeconds;
  if (authTime === undefined || authTime < oldest) {
    throw new ProblemError(
      'login-failed',
      'The identity provider did not authenticate you as recently as requested (max_age), or did not send auth_time.',
    );
  }
}

/** Completes the authorization code flow: exchanges the code and reads the identity. */
export async function completeCodeFlow(
  deps: ProviderDeps,
  configuration: client.Configuration,
  callback: URLSearchParams,
  request: AuthorizationRequest,
): Promise<ProviderLogin> {
  const url = new URL(request.redirectUri);
  url.search = callback.toString();
  return withTenantIssuer(deps, configuration, callback.get('iss'), async (own) => {
    const tokens = await client.authorizationCodeGrant(own, url, {
      expectedState: request.state,
      expectedNonce: request.nonce,
      pkceCodeVerifier: request.codeVerifier,
      idTokenExpected: true,
    });
    const { sid, acr, auth_time: authTime } = tokens.claims()!;
    checkStrength(request, acr);
    checkRecency(request, authTime);
    return {
      identity: await identify(deps, own, tokens),
      tokens: tokensToStore(tokens),
      ...(typeof sid === 'string' && sid !== '' && sid.length <= 512 ? { sid } : {}),
    };
  });
}

/**
 * Returns the claims about the authentication. No authentication takes place at a refresh (OpenID Connect Core 12.2),
 * so those of the login remain, whatever a new ID token contains.
 */
function authenticationClaims({ known }: RefreshSubject): object {
  return known ? { acr: known.claims['acr'], amr: known.claims['amr'], auth_time: known.authTime } : {};
}

/** Reads the identity from UserInfo and the last ID token. A new ID token is optional (OpenID Connect Core 12.2). */
async function identifyByUserInfo(
  deps: ProviderDeps,
  configuration: client.Configuration,
  response: Tokens,
  of: RefreshSubject & { idToken: string | undefined },
): Promise<Identity | undefined> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined || deps.provider.userInfo === 'never')
    return undefined;
  const lastIdToken = of.idToken === undefined ? {} : decodeJwt(of.idToken);
  const userInfo = await client.fetchUserInfo(configuration, response.access_token, of.subject);
  const merged = mergeClaims(deps.provider, { userInfo, lastIdToken, ...(of.known ? { known: of.known } : {}) });
  const claims = { ...merged, ...authenticationClaims(of), iss: of.issuer, sub: of.subject };
  return identityFromClaims(deps, claims, [userInfo, lastIdToken]);
}

/**
 * Uses the refresh token to get the current identity and the tokens to store from now on. The identity is undefined if
 * the provider accepts the refresh token but sends no claims. Rejects with a RefreshFailure.
 */
export async function refreshIdentity(
  deps: ProviderDeps,
  configuration: client.Configuration,
  before: ProviderTokens & { refreshToken: string },
  of: RefreshSubject,
): Promise<{ identity: Identity | undefined; tokens: ProviderTokens }> {
  let tokens: ProviderTokens | undefined;
  try {
    return await withTenantIssuer(deps, configuration, null, async (own) => {
      const response = await client.refreshTokenGrant(own, before.refreshToken);
      tokens = tokensToStore(response, before);
      const claims = response.claims();
      if (claims && (claims.sub !== of.subject || claims.iss !== of.issuer))
        throw new RefreshFailure('the ID token is about another user', { ends: 'changed' });
      const identity = claims
        ? await identify(deps, own, response, authenticationClaims(of))
        : await identifyByUserInfo(deps, own, response, { ...of, idToken: before.idToken });
      return { identity, tokens };
    });
  } catch (error) {
    throw refreshFailure(error, { now: deps.now(), ...(tokens ? { tokens } : {}) });
  }
}
