import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import type { Identity, ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { lacksClaims, readIdentity } from '../identity/read-identity.ts';
import type { LoginTokens } from '../session/login-tokens.ts';
import type { LoginSecrets, ProviderLogin } from './provider-client.ts';
import { RefreshFailure, refreshFailure } from './refresh-failure.ts';

type Tokens = client.TokenEndpointResponse & client.TokenEndpointResponseHelpers;

/** What of an answer is kept; a refresh token that is not replaced stays good (RFC 6749 6), and so does an id_token as a hint. */
function tokensOf(answer: Tokens, before: LoginTokens = {}): LoginTokens {
  const { refresh_token: refreshToken = before.refreshToken, id_token: idToken = before.idToken } = answer;
  return { ...(refreshToken === undefined ? {} : { refreshToken }), ...(idToken === undefined ? {} : { idToken }) };
}

async function identify(provider: ProviderConfig, configuration: client.Configuration, answer: Tokens): Promise<Identity> {
  const claims = answer.claims()!;
  if (!lacksClaims(provider, claims) || configuration.serverMetadata().userinfo_endpoint === undefined) return readIdentity(provider, claims);
  const more = await client.fetchUserInfo(configuration, answer.access_token, claims.sub);
  // What is signed counts more than what is merely sent.
  return readIdentity(provider, { ...more, ...claims });
}

/** OpenID Connect Core 5.5.1.1: whoever asks for a class must see which one it became. */
function checkStrength({ demands }: LoginSecrets, acr: unknown): void {
  const acrValues = demands?.acrValues ?? [];
  if (acrValues.length > 0 && (typeof acr !== 'string' || !acrValues.includes(acr))) {
    throw new ProblemError('login-failed', 'The identity provider did not log you in as strongly as was asked for (acr_values).');
  }
}

/** Finishes the code flow: who it is, and what the provider gave. */
export async function askIdentity(provider: ProviderConfig, configuration: client.Configuration, answer: URLSearchParams, login: LoginSecrets, now: number): Promise<ProviderLogin> {
  const url = new URL(login.redirectUri);
  url.search = answer.toString();
  const { maxAge, begunAt = now } = login.demands ?? {};
  const tokens = await client.authorizationCodeGrant(configuration, url, {
    expectedState: login.state, expectedNonce: login.nonce, pkceCodeVerifier: login.codeVerifier, idTokenExpected: true,
    // As of the moment at which it was asked for: a person may take their time on the provider's pages.
    ...(maxAge === undefined ? {} : { maxAge: maxAge + Math.max(0, Math.ceil((now - begunAt) / 1000)) }),
  });
  const claims = tokens.claims()!;
  const { sid, acr } = claims;
  checkStrength(login, acr);
  return { identity: await identify(provider, configuration, tokens), tokens: tokensOf(tokens), ...(typeof sid === 'string' && sid !== '' && sid.length <= 512 ? { sid } : {}) };
}

/** Without a new id_token (it is optional: OpenID Connect Core 12.2) UserInfo says what has changed since the last one. */
async function identifyByUserInfo(provider: ProviderConfig, configuration: client.Configuration, answer: Tokens, of: { issuer: string; subject: string; idToken?: string }): Promise<Identity | undefined> {
  if (configuration.serverMetadata().userinfo_endpoint === undefined) return undefined;
  const before = of.idToken === undefined ? {} : decodeJwt(of.idToken);
  const now = await client.fetchUserInfo(configuration, answer.access_token, of.subject);
  return readIdentity(provider, { ...before, ...now, iss: of.issuer, sub: of.subject });
}

/** Asks again with the refresh token: who the person is now (undefined where the provider vouches for them and says no more), and what is to be kept from now on. Rejects with a RefreshFailure. */
export async function askAgain(
  provider: ProviderConfig, configuration: client.Configuration, before: LoginTokens & { refreshToken: string }, of: { issuer: string; subject: string }, now: number,
): Promise<{ identity: Identity | undefined; tokens: LoginTokens }> {
  let tokens: LoginTokens | undefined;
  try {
    const answer = await client.refreshTokenGrant(configuration, before.refreshToken);
    tokens = tokensOf(answer, before);
    const claims = answer.claims();
    if (claims && (claims.sub !== of.subject || claims.iss !== of.issuer)) throw new RefreshFailure('the provider speaks of somebody else', { ends: 'changed' });
    const identity = claims ? await identify(provider, configuration, answer) : await identifyByUserInfo(provider, configuration, answer, { ...of, ...(before.idToken === undefined ? {} : { idToken: before.idToken }) });
    return { identity, tokens };
  } catch (error) {
    throw refreshFailure(error, { now, ...(tokens ? { tokens } : {}) });
  }
}
