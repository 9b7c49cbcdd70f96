import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { hashToken } from '@sallyport/kit';
import type { ProviderFetch } from './providers/provider-fetch.ts';

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
  intercept?: (path: string) => Response | undefined;
};

const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
const strip = (value: Record<string, unknown>) => Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));

const keys = generateKeyPair('RS256', { extractable: true });

/** A small OpenID provider behind a fetch: honest, until `lies` says otherwise. `calls` are the paths that were asked for. */
export async function createTestProvider(at = issuer) {
  const { privateKey, publicKey } = await keys;
  const jwk = { ...await exportJWK(publicKey), kid: 'k1', alg: 'RS256', use: 'sig' };
  const codes = new Map<string, { nonce: string; challenge: string }>();
  const calls: string[] = [];
  const state = { lies: {} as Lies, calls, jwk, publicKey, privateKey };

  const idToken = (nonce: string): Promise<string> => {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: at, aud: clientId, sub: 'sub-alice', iat: now, exp: now + 300, nonce, email: 'alice@example.com', email_verified: true, name: 'Alice', groups: ['developers'], ...state.lies.claims,
    };
    const sign = state.lies.sign ?? ((payload: JWTPayload, key: CryptoKey) => new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k1' }).sign(key));
    return sign(strip(claims) as JWTPayload, privateKey);
  };

  const token = async (body: URLSearchParams) => {
    const grant = codes.get(body.get('code') ?? '');
    codes.delete(body.get('code') ?? '');
    if (!grant || hashToken(body.get('code_verifier') ?? '') !== grant.challenge) return json({ error: 'invalid_grant' }, 400);
    return json({ access_token: 'at', token_type: 'Bearer', expires_in: 60, id_token: await idToken(grant.nonce) });
  };

  const fetch: ProviderFetch = async (address, { body }) => {
    const { pathname } = new URL(address);
    calls.push(pathname);
    const instead = state.lies.intercept?.(pathname);
    if (instead) return instead;
    if (pathname === '/.well-known/openid-configuration') {
      return json(strip({
        issuer: at, authorization_endpoint: `${at}/authorize`, token_endpoint: `${at}/token`, jwks_uri: `${at}/jwks`, userinfo_endpoint: `${at}/userinfo`,
        response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['RS256'], code_challenge_methods_supported: ['S256'],
        scopes_supported: ['openid', 'email', 'profile', 'groups'], token_endpoint_auth_methods_supported: ['client_secret_basic'], authorization_response_iss_parameter_supported: true,
        ...state.lies.discovery,
      }));
    }
    if (pathname === '/jwks') return json({ keys: [jwk] });
    if (pathname === '/userinfo') return json({ sub: 'sub-alice', ...state.lies.userinfo });
    if (pathname === '/token') return token(body as URLSearchParams);
    return json({}, 404);
  };

  /** The person logs in: takes the address the browser was sent to, gives the query it comes back with. */
  const logIn = (address: string): Record<string, string> => {
    const query = new URL(address).searchParams;
    const code = `code-${calls.length}-${Math.random()}`;
    codes.set(code, { nonce: query.get('nonce') ?? '', challenge: query.get('code_challenge') ?? '' });
    return { code, state: query.get('state') ?? '', iss: at };
  };
  return Object.assign(state, { fetch, logIn });
}
export type TestProvider = Awaited<ReturnType<typeof createTestProvider>>;
