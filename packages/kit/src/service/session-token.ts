import { createPublicKey, hash, sign, verify, type KeyObject } from 'node:crypto';
import { onceForEach } from '../cache/once-for-each.ts';
import { createTokenVerifier } from './token-verifier.ts';

// Session tokens in the form that Pomerium's clients need: a JWS (RFC 7515, EdDSA by RFC 8037) with an expiry. Like every
// other token, it is valid only while the session store knows its hash. The signature is checked before that, and shows
// which gateway the token is for.

/** An explicit type (RFC 8725, 3.11), so that a service credential of the same key is not accepted here, or vice versa. */
const tokenType = 'sallyport-session+jwt';
const parts = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{86})$/;

/** The content of a token. `expiresAt` is in milliseconds since the epoch. */
type SessionTokenAbout = { sessionId: string; subject: string; expiresAt: number };
export type SessionTokenSigner = { sign(about: SessionTokenAbout): string };

/** A verified token, with its hash for the session store. */
type VerifiedSessionToken = { hash: string; sessionId: string };
type PublicJwk = { kty: 'OKP'; crv: 'Ed25519'; x: string; kid: string; alg: 'EdDSA'; use: 'sig' };
export type SessionTokenVerifier = {
  /** Returns undefined unless this gateway's authenticate issued the token for this gateway and it has not expired. */
  verify(token: string): VerifiedSessionToken | undefined;
  /** Returns the public keys (RFC 7517). */
  jwks(): PublicJwk[];
};

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function publicJwk(publicKey: KeyObject): PublicJwk {
  const { x = '' } = publicKey.export({ format: 'jwk' });
  // RFC 7638: the required members of the key, sorted by name.
  const kid = hash('sha256', JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x }), 'base64url');
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
}

/** Returns the header of the tokens of a key. */
const headerOf = (kid: string) => encode({ alg: 'EdDSA', kid, typ: tokenType });

/** Returns the issuer, which is also the audience: the origin of the gateway. */
const audienceOf = (gatewayUrl: string) => new URL(gatewayUrl).origin;

/** Creates the signer of tokens, with authenticate's private key. It is read for each token, so it may change. */
export function createSessionTokenSigner(deps: {
  readonly privateKey: KeyObject;
  gatewayUrl: string;
  now: () => number;
}): SessionTokenSigner {
  const { now } = deps;
  const headerFor = onceForEach((privateKey: KeyObject) => ({
    header: headerOf(publicJwk(createPublicKey(privateKey)).kid),
  }));
  const gateway = audienceOf(deps.gatewayUrl);
  return {
    sign({ sessionId, subject, expiresAt }) {
      const payload = encode({
        iss: gateway,
        aud: gateway,
        sub: subject,
        jti: sessionId,
        iat: Math.floor(now() / 1000),
        exp: Math.floor(expiresAt / 1000),
      });
      const { privateKey } = deps;
      const signed = `${headerFor(privateKey).header}.${payload}`;
      return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`;
    },
  };
}

/** Creates the verifier of tokens, with authenticate's public keys, which may change. */
export function createSessionTokenVerifier(deps: {
  publicKeys(): readonly KeyObject[];
  gatewayUrl: string;
  now: () => number;
}): SessionTokenVerifier {
  const { now, publicKeys } = deps;
  const describe = onceForEach((key: KeyObject) => {
    const jwk = publicJwk(key);
    return { jwk, header: headerOf(jwk.kid) };
  });
  const verified = createTokenVerifier({
    form: parts,
    gateway: audienceOf(deps.gatewayUrl),
    now,
    keys: publicKeys,
    headerOf: (key) => describe(key).header,
    isSignedBy: (key, signed, signature) => verify(null, signed, key, signature),
    read: ({ jti }) => (typeof jti === 'string' ? { sessionId: jti } : undefined),
  });
  return {
    jwks: () => publicKeys().map((key) => describe(key).jwk),
    verify(token) {
      const found = verified(token);
      return found && { hash: found.hash, ...found.content };
    },
  };
}
