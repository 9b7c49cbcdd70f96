import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { hashToken } from '@sallyport/kit';
import type { OutboundFetch } from '@sallyport/kit';

export const issuer = 'https://idp.example.com';
export const clientId = 'sallyport';

/** What a test changes in the provider's responses, to make it lie. */
export type Lies = {
  /** Claims that replace honest ones, or remove them if undefined. */
  claims?: Record<string, unknown>;
  userinfo?: Record<string, unknown>;
  discovery?: Record<string, unknown>;
  /** Signs the ID token in another way. */
  sign?: (claims: JWTPayload, key: CryptoKey) => Promise<string>;
  /** Replaces a response, or throws like a network. */
  intercept?: (path: string, body: URLSearchParams) => Response | undefined | Promise<Response>;
  /** Issues no refresh token, or no new ID token at a refresh. */
  noRefreshToken?: boolean;
  noIdTokenAtRefresh?: boolean;
  /** Does not rotate refresh tokens. */
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

/** Signs a logout token for this gateway. Claims and header can be replaced, or removed if undefined. */
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

type State = {
  lies: Lies;
  /** The paths that were requested. */
  calls: string[];
  /** The valid refresh tokens. A used one is invalid, and shows that someone else has it. */
  refreshTokens: Map<string, { sid: string }>;
};

function signIdToken(at: string, { lies }: State, key: CryptoKey, nonce: string | undefined, sid?: string) {
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
    ...lies.claims,
  };
  const sign =
    lies.sign ??
    ((payload: JWTPayload, own: CryptoKey) =>
      new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(own));
  return sign(strip(claims) as JWTPayload, key);
}

/** Creates the token endpoint. `authorize` issues an authorization code, as after a login. */
function createTokenEndpoint(at: string, state: State, privateKey: CryptoKey) {
  const codes = new Map<string, { nonce: string; challenge: string }>();
  let issued = 0;

  const newRefreshToken = (sid: string) => {
    if (state.lies.noRefreshToken) return {};
    const token = `refresh-token-${++issued}-in-clear`;
    state.refreshTokens.set(token, { sid });
    return { refresh_token: token };
  };
  const exchange = async (body: URLSearchParams) => {
    const grant = codes.get(body.get('code') ?? '');
    codes.delete(body.get('code') ?? '');
    if (!grant || hashToken(body.get('code_verifier') ?? '') !== grant.challenge)
      return json({ error: 'invalid_grant' }, 400);
    const sid = `sid-${++issued}`;
    return json({
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 60,
      id_token: await signIdToken(at, state, privateKey, grant.nonce, sid),
      ...newRefreshToken(sid),
    });
  };
  const refresh = async (body: URLSearchParams) => {
    const given = body.get('refresh_token') ?? '';
    const grant = state.refreshTokens.get(given);
    if (!grant) return json({ error: 'invalid_grant' }, 400);
    const rotated = state.lies.noRotation ? {} : newRefreshToken(grant.sid);
    if (!state.lies.noRotation) state.refreshTokens.delete(given);
    return json({
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 60,
      ...rotated,
      ...(state.lies.noIdTokenAtRefresh
        ? {}
        : { id_token: await signIdToken(at, state, privateKey, undefined, grant.sid) }),
    });
  };
  return {
    authorize(nonce: string, challenge: string): string {
      const code = `code-${state.calls.length}-${Math.random()}`;
      codes.set(code, { nonce, challenge });
      return code;
    },
    answer: (body: URLSearchParams) => (body.get('grant_type') === 'refresh_token' ? refresh(body) : exchange(body)),
  };
}

/** Creates a small OpenID provider behind a fetch. It is honest unless `lies` says otherwise. */
export async function createTestProvider(at = issuer) {
  const { privateKey, publicKey } = await keys;
  const jwk = { ...(await exportJWK(publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' };
  const refreshTokens: State['refreshTokens'] = new Map();
  const calls: string[] = [];
  const state = { lies: {} as Lies, calls, jwk, publicKey, privateKey, refreshTokens };
  const tokens = createTokenEndpoint(at, state, privateKey);

  const fetch: OutboundFetch = async (address, { body }) => {
    const { pathname } = new URL(address);
    calls.push(pathname);
    const instead = await state.lies.intercept?.(pathname, new URLSearchParams(body as URLSearchParams | undefined));
    if (instead) return instead;
    if (pathname.endsWith('/.well-known/openid-configuration'))
      return json(strip({ ...discoveryOf(at), ...state.lies.discovery }));
    if (pathname === '/jwks') return json({ keys: [jwk] });
    if (pathname === '/userinfo') return json({ sub: 'sub-alice', ...state.lies.userinfo });
    return pathname === '/token' ? tokens.answer(body as URLSearchParams) : json({}, 404);
  };

  /** The user logs in: takes the URL of the authorization request, returns the query of the callback. */
  const logIn = (address: string): Record<string, string> => {
    const query = new URL(address).searchParams;
    const code = tokens.authorize(query.get('nonce') ?? '', query.get('code_challenge') ?? '');
    return { code, state: query.get('state') ?? '', iss: at };
  };
  return Object.assign(state, {
    fetch,
    logIn,
    logoutToken: (...changes: Partial<LogoutTokenChanges>) => signLogoutToken(at, privateKey, ...changes),
  });
}
export type TestProvider = Awaited<ReturnType<typeof createTestProvider>>;
