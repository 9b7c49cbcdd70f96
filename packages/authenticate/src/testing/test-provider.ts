import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { hashToken } from '@sallyport/kit';
import type { OutboundFetch } from '@sallyport/kit';

export const issuer = 'https://idp.example.com';
export const clientId = 'sallyport';

/** What a test changes about the provider's answers, to make it lie. */
export type Lies = {
  /** Claims that replace or, as undefined, remove honest ones. */
  claims?: Record<string, unknown>;
  userinfo?: Record<string, unknown>;
  discovery?: Record<string, unknown>;
  /** Makes the id_token some other way. */
  sign?: (claims: JWTPayload, key: CryptoKey) => Promise<string>;
  /** Replaces an answer altogether, or throws as a network would. */
  intercept?: (path: string, body: URLSearchParams) => Response | undefined | Promise<Response>;
  /** Without refresh tokens, or without a new id_token at a refresh. */
  noRefreshToken?: boolean;
  noIdTokenAtRefresh?: boolean;
  /** A refresh leaves the refresh token as it is. */
  noRotation?: boolean;
};

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const strip = (value: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));

const keys = generateKeyPair('RS256', { extractable: true });

const discoveryOf = (at: string) => ({
  issuer: at,
  authorization_endpoint: `${at}/authorize`,
  token_endpoint: `${at}/token`,
  jwks_uri: `${at}/jwks`,
  userinfo_endpoint: `${at}/userinfo`,
  end_session_endpoint: `${at}/logout`,
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: ['RS256'],
  code_challenge_methods_supported: ['S256'],
  scopes_supported: ['openid', 'email', 'profile', 'groups'],
  token_endpoint_auth_methods_supported: ['client_secret_basic'],
  authorization_response_iss_parameter_supported: true,
});

type LogoutTokenChanges = [claims: Record<string, unknown>, header: Record<string, unknown>, key: CryptoKey];

/** A logout token for this gateway; claims and header may be replaced, or removed as undefined. */
function signLogoutToken(
  at: string,
  privateKey: CryptoKey,
  ...[claims, header, key = privateKey]: Partial<LogoutTokenChanges>
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: at,
    aud: clientId,
    iat: now,
    exp: now + 120,
    jti: `jti-${randomUUID()}`,
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    ...claims,
  };
  return new SignJWT(strip(all) as JWTPayload)
    .setProtectedHeader(strip({ alg: 'RS256', kid: 'k1', typ: 'logout+jwt', ...header }) as { alg: string })
    .sign(key);
}

/**
 * A small OpenID provider behind a fetch: honest, until `lies` says otherwise. `calls` are the paths that were asked
 * for.
 */
export async function createTestProvider(at = issuer) {
  const { privateKey, publicKey } = await keys;
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, { nonce: string; challenge: string }>();
  const calls: string[] = [];
  /**
   * Refresh tokens that are good, with whom they are for. A used one is worth nothing, and shows that somebody else has
   * it.
   */
  const refreshTokens = new Map<string, { sid: string }>();
  let issued = 0;
  const state = { lies: {} as Lies, calls, jwk, publicKey, privateKey, refreshTokens };

  const idToken = (nonce: string | undefined, sid?: string): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: at,
      aud: clientId,
      sub: 'sub-alice',
      iat: now,
      exp: now + 300,
      nonce,
      email: 'alice@example.com',
      email_verified: true,
      name: 'Alice',
      groups: ['developers'],
      auth_time: now,
      sid,
      ...state.lies.claims,
    };
    const sign =
      state.lies.sign ??
      ((payload: JWTPayload, key: CryptoKey) =>
        new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(key));
    return sign(strip(claims) as JWTPayload, privateKey);
  };

  const token = async (body: URLSearchParams) => {
    const grant = codes.get(body.get('code') ?? '');
    codes.delete(body.get('code') ?? '');
    if (!grant || hashToken(body.get('code_verifier') ?? '') !== grant.challenge)
      return json({ error: 'invalid_grant' }, 400);
    const sid = `sid-${++issued}`;
    return json({
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 60,
      id_token: await idToken(grant.nonce, sid),
      ...newRefreshToken(sid),
    });
  };

  const newRefreshToken = (sid: string) => {
    if (state.lies.noRefreshToken) return {};
    const token = `refresh-token-${++issued}-in-clear`;
    refreshTokens.set(token, { sid });
    return { refresh_token: token };
  };

  const refresh = async (body: URLSearchParams) => {
    const given = body.get('refresh_token') ?? '';
    const grant = refreshTokens.get(given);
    if (!grant) return json({ error: 'invalid_grant' }, 400);
    const rotated = state.lies.noRotation ? {} : newRefreshToken(grant.sid);
    if (!state.lies.noRotation) refreshTokens.delete(given);
    return json({
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 60,
      ...rotated,
      ...(state.lies.noIdTokenAtRefresh ? {} : { id_token: await idToken(undefined, grant.sid) }),
    });
  };

  const fetch: OutboundFetch = async (address, { body }) => {
    const { pathname } = new URL(address);
    calls.push(pathname);
    const instead = await state.lies.intercept?.(pathname, new URLSearchParams(body as URLSearchParams | undefined));
    if (instead) return instead;
    if (pathname.endsWith('/.well-known/openid-configuration'))
      return json(strip({ ...discoveryOf(at), ...state.lies.discovery }));
    if (pathname === '/jwks') return json({ keys: [jwk] });
    if (pathname === '/userinfo') return json({ sub: 'sub-alice', ...state.lies.userinfo });
    if (pathname === '/token')
      return (body as URLSearchParams).get('grant_type') === 'refresh_token'
        ? refresh(body as URLSearchParams)
        : token(body as URLSearchParams);
    return json({}, 404);
  };

  /** The person logs in: takes the address the browser was sent to, gives the query it comes back with. */
  const logIn = (address: string): Record<string, string> => {
    const query = new URL(address).searchParams;
    const code = `code-${calls.length}-${Math.random()}`;
    codes.set(code, { nonce: query.get('nonce') ?? '', challenge: query.get('code_challenge') ?? '' });
    return { code, state: query.get('state') ?? '', iss: at };
  };
  return Object.assign(state, {
    fetch,
    logIn,
    logoutToken: (...changes: Partial<LogoutTokenChanges>) => signLogoutToken(at, privateKey, ...changes),
  });
}
export type TestProvider = Awaited<ReturnType<typeof createTestProvider>>;
