import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import type { Identity, ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { joinDocuments } from '../../identity/merge-claims.ts';
import { lacksClaims } from '../../identity/read-identity.ts';
import type { LoginTokens } from '../../tokens/provider-tokens.ts';
import { atTenant } from './at-tenant.ts';
import type { LoginSecrets, ProviderLogin, RefreshedPerson } from '../common/provider-client.ts';
import type { ProviderDeps } from '../common/provider-deps.ts';
import { readPerson } from '../common/read-person.ts';
import { RefreshFailure, refreshFailure } from '../common/refresh-failure.ts';

/** As for the times of an id_token. */
const clockToleranceSeconds = 30;

type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/**
 * What of an answer is kept; a refresh token that is not replaced stays good (RFC 6749 6), and so does an id_token as a
 * hint.
 */
function tokensOf(answer: Tokens, before: LoginTokens = {}): LoginTokens {
  const { refresh_token: refreshToken = before.refreshToken, id_token: idToken = before.idToken } = answer;
  return { ...(refreshToken === undefined ? {} : { refreshToken }), ...(idToken === undefined ? {} : { idToken }) };
}

/**
 * OpenID Connect Core 3.1.3.7: a token that is also for somebody whom nobody here trusts, or that was issued to
 * somebody else, is not for us.
 */
function checkAudience({ clientId, audiences }: ProviderConfig, { aud, azp }: client.IDToken): void {
  const strange = [aud].flat().find((one) => one !== clientId && !audiences.includes(one));
  if (strange === undefined && (azp === undefined || azp === clientId)) return;
  throw new ProblemError(
    'login-failed',
    'The identity provider sent an id_token that is for others, too (aud, azp), so it is not believed.',
  );
}

function asksUserInfo({ userInfo }: ProviderConfig, lacking: () => boolean): boolean {
  return userInfo === 'always' || (userInfo === 'ifMissing' && lacking());
}

/**
 * Reads the person out of a new id_token, and of UserInfo where that is asked. `login` are claims on how they logged
 * in, where that was said before.
 */
async function identify(
  deps: ProviderDeps,
  configuration: client.Configuration,
  answer: Tokens,
  login: object = {},
): Promise<Identity> {
  const { provider } = deps;
  const claims = answer.claims()!;
  checkAudience(provider, claims);
  const asks =
    configuration.serverMetadata().userinfo_endpoint !== undefined &&
    asksUserInfo(provider, () => lacksClaims(provider, claims));
  const userInfo = asks ? await client.fetchUserInfo(configuration, answer.access_token, claims.sub) : {};
  return readPerson(deps, { ...joinDocuments(provider, { idToken: claims, userInfo }), ...login });
}

/** OpenID Connect Core 5.5.1.1: whoever asks for a class must see which one it became. */
function checkStrength({ demands }: LoginSecrets, acr: unknown): void {
  const acrValues = demands?.acrValues ?? [];
  if (acrValues.length > 0 && (typeof acr !== 'string' || !acrValues.includes(acr))) {
    throw new ProblemError(
      'login-failed',
      'The identity provider did not log you in as strongly as was asked for (acr_values).',
    );
  }
}

/**
 * OpenID Connect Core 3.1.2.1, as of the moment at which it was asked for: a person may take their time on the
 * provider's pages.
 */
function checkRecency({ demands }: LoginSecrets, authTime: number | undefined): void {
  if (demands?.maxAge === undefined) return;
  if (authTime === undefined || authTime < demands.begunAt / 1000 - demands.maxAge - clockToleranceSeconds) {
    throw new ProblemError(
      'login-failed',
      'The identity provider has not authenticated you as recently as was asked for (max_age), or does not say when it did.',
    );
  }
}

/** Finishes the code flow: who it is, and what the provider gave. */
export async function askIdentity(
  deps: ProviderDeps,
  configuration: client.Configuration,
  answer: URLSearchParams,
  login: LoginSecrets,
): Promise<ProviderLogin> {
  const url = new URL(login.redirectUri);
  url.search = answer.toString();
  return atTenant(deps, configuration, answer.get('iss'), async (own) => {
    const tokens = await client.authorizationCodeGrant(own, url, {
      expectedState: login.state,
      expectedNonce: login.nonce,
      pkceCodeVerifier: login.codeVerifier,
      idTokenExpected: true,
    });
    const { sid, acr, auth_time: authTime } = tokens.claims()!;
    checkStrength(login, acr);
    checkRecency(login, authTime);
    return {
      identity: await identify(deps, own, tokens),
      tokens: tokensOf(tokens),
      ...(typeof sid === 'string' && sid !== '' && sid.length <= 512 ? { sid } : {}),
    };
  });
}

/**
 * No authentication takes place at a refresh (OpenID Connect Core 12.2): what the login said of it holds, whatever a
 * new id_token says or leaves out.
 */
function loginOf({ known }: RefreshedPerson): object {
  return known ? { acr: known.claims['acr'], amr: known.claims['amr'], auth_time: known.authTime } : {};
}

/**
 * Without a new id_token (it is optional: OpenID Connect Core 12.2) UserInfo says what has changed since the last one.
 */
async function identifyByUserInfo(
  deps: ProviderDeps,
  configuration: client.Configuration,
  answer: Tokens,
  of: RefreshedPerson & { idToken: string | undefined },
): Promise<Identity | undefined> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined || deps.provider.userInfo === 'never')
    return undefined;
  const lastIdToken = of.idToken === undefined ? {} : decodeJwt(of.idToken);
  const userInfo = await client.fetchUserInfo(configuration, answer.access_token, of.subject);
  return readPerson(deps, {
    ...joinDocuments(deps.provider, { userInfo, lastIdToken, ...(of.known ? { known: of.known } : {}) }),
    ...loginOf(of),
    iss: of.issuer,
    sub: of.subject,
  });
}

/**
 * Asks again with the refresh token: who the person is now (undefined where the provider vouches for them and says no
 * more), and what is to be kept from now on. Rejects with a RefreshFailure.
 */
export async function askAgain(
  deps: ProviderDeps,
  configuration: client.Configuration,
  before: LoginTokens & { refreshToken: string },
  of: RefreshedPerson,
): Promise<{ identity: Identity | undefined; tokens: LoginTokens }> {
  let tokens: LoginTokens | undefined;
  try {
    return await atTenant(deps, configuration, null, async (own) => {
      const answer = await client.refreshTokenGrant(own, before.refreshToken);
      tokens = tokensOf(answer, before);
      const claims = answer.claims();
      if (claims && (claims.sub !== of.subject || claims.iss !== of.issuer))
        throw new RefreshFailure('the provider speaks of somebody else', { ends: 'changed' });
      const identity = claims
        ? await identify(deps, own, answer, loginOf(of))
        : await identifyByUserInfo(deps, own, answer, { ...of, idToken: before.idToken });
      return { identity, tokens };
    });
  } catch (error) {
    throw refreshFailure(error, { now: deps.now(), ...(tokens ? { tokens } : {}) });
  }
}
