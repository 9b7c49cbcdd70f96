import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

type Json = Record<string, unknown>;

/** How the provider lies. */
export type Lies = {
  /** Claims of the ID token that replace honest ones. Undefined removes a claim. */
  claims?: Json;
  /** Creates the ID token from its claims. By default it is signed correctly. */
  token?: (claims: Json) => string;
  discovery?: Json;
  /** The claims in UserInfo in addition to the subject, if the provider has UserInfo. */
  userInfo?: Json;
  /** A refresh returns no new ID token. */
  noIdTokenAtRefresh?: boolean;
  jwks?: () => unknown;
  /** Changes the query with which the browser is redirected back. */
  back?: (query: Record<string, string>) => Record<string, string>;
  /** Handles a request. Returns true if it did. */
  answer?: (path: string, response: ServerResponse) => boolean;
};

/** An OpenID provider that immediately logs in the person in its lies, or alice, without a page. */
export type HostileProvider = {
  issuer: string;
  lies: Lies;
  /** The requested paths, in order. */
  calls: string[];
  kid: string;
  publicKey: KeyObject;
  privateKey: KeyObject;
  /** Returns a compact JWS of these parts, signed with the key of this provider. */
  sign(header: Json, claims: Json, key?: KeyObject): string;
  /** Returns a compact JWS of a payload that is text. */
  signText(header: Json, payload: string): string;
  /** Rotates the keys. */
  rotate(): void;
  /** Stops the provider, or starts it on the same port. */
  down(): Promise<void>;
  up(): Promise<void>;
  stop(): Promise<void>;
};

const encode = (part: Json) => Buffer.from(JSON.stringify(part)).toString('base64url');
const strip = (value: Json): Json => Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined));

/** Returns a token without a signature. */
export const unsigned = (header: Json, claims: Json) => `${encode(header)}.${encode(claims)}`;

function createKeys(kid: string) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { kid, privateKey, publicKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' } };
}

/** Starts the provider on loopback over plain HTTP. With `refreshes` it has UserInfo and issues refresh tokens. */
export async function startHostileProvider(
  subject = 'sub-alice',
  { refreshes = false } = {},
): Promise<HostileProvider> {
  let keys = createKeys('k1');
  const nonces = new Map<string, string>();
  const signed = (header: Json, claims: Json | string, key = keys.privateKey) => {
    const text = `${encode(header)}.${Buffer.from(typeof claims === 'string' ? claims : JSON.stringify(claims)).toString('base64url')}`;
    return `${text}.${sign('sha256', Buffer.from(text), key).toString('base64url')}`;
  };
  const provider: HostileProvider = {
    issuer: '',
    lies: {},
    calls: [],
    kid: keys.kid,
    publicKey: keys.publicKey,
    privateKey: keys.privateKey,
    sign: signed,
    signText: signed,
    rotate() {
      keys = createKeys(`k${Date.now()}`);
      Object.assign(provider, { kid: keys.kid, publicKey: keys.publicKey, privateKey: keys.privateKey });
    },
    async down() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
    async up() {
      server.listen(Number(new URL(provider.issuer).port), '127.0.0.1');
      await once(server, 'listening');
    },
    stop: () => (server.listening ? provider.down() : Promise.resolve()),
  };
  const idToken = (nonce: string | undefined) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = strip({
      iss: provider.issuer,
      aud: 'sallyport',
      sub: subject,
      iat: now,
      exp: now + 300,
      nonce,
      email: 'alice@example.com',
      email_verified: true,
      name: 'Alice',
      groups: ['developers'],
      ...provider.lies.claims,
    });
    return provider.lies.token?.(claims) ?? signed({ alg: 'RS256', kid: keys.kid }, claims);
  };
  const tokens = (form: URLSearchParams): Json => {
    const again = form.get('grant_type') === 'refresh_token';
    const idTokens =
      again && provider.lies.noIdTokenAtRefresh ? {} : { id_token: idToken(nonces.get(form.get('code') ?? '')) };
    return {
      access_token: 'at',
      token_type: 'Bearer',
      expires_in: 60,
      ...idTokens,
      ...(refreshes ? { refresh_token: 'refresh-token-of-the-tests' } : {}),
    };
  };
  const json = (response: ServerResponse, body: unknown, status = 200) =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const authorize = (query: URLSearchParams, response: ServerResponse) => {
    const code = `code-${provider.calls.length}`;
    nonces.set(code, query.get('nonce') ?? '');
    const honest = { code, state: query.get('state') ?? '', iss: provider.issuer };
    const back = provider.lies.back?.(honest) ?? honest;
    response.writeHead(302, { location: `${query.get('redirect_uri')}?${new URLSearchParams(back).toString()}` }).end();
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    provider.calls.push(url.pathname);
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      if (provider.lies.answer?.(url.pathname, response)) return;
      if (url.pathname === '/.well-known/openid-configuration') {
        return json(
          response,
          strip({
            issuer: provider.issuer,
            authorization_endpoint: `${provider.issuer}/authorize`,
            token_endpoint: `${provider.issuer}/token`,
            jwks_uri: `${provider.issuer}/jwks`,
            response_types_supported: ['code'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256'],
            code_challenge_methods_supported: ['S256'],
            authorization_response_iss_parameter_supported: true,
            ...(refreshes ? { userinfo_endpoint: `${provider.issuer}/userinfo` } : {}),
            ...provider.lies.discovery,
          }),
        );
      }
      if (url.pathname === '/authorize') return authorize(url.searchParams, response);
      if (url.pathname === '/jwks') return json(response, provider.lies.jwks?.() ?? { keys: [keys.jwk] });
      if (url.pathname === '/token') return json(response, tokens(new URLSearchParams(body)));
      if (url.pathname === '/userinfo' && refreshes) return json(response, { sub: subject, ...provider.lies.userInfo });
      json(response, {}, 404);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  provider.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return provider;
}
