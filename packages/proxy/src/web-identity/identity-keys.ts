import { createPrivateKey, createPublicKey, hash, type KeyObject, sign } from 'node:crypto';

/** A public key of ES256 (RFC 7517, RFC 7518). */
export type IdentityJwk = { kty: 'EC'; crv: 'P-256'; x: string; y: string; kid: string; alg: 'ES256'; use: 'sig' };

/** A key that signs identities. `kid` is its thumbprint. */
export type IdentityKey = { kid: string; privateKey: KeyObject; publicKey: KeyObject; jwk: IdentityJwk };

const blocks = /-----BEGIN ((?:[A-Z]+ )*PRIVATE KEY)-----[\s\S]+?-----END \1-----/g;
/** The old key and the new one are enough. More are probably a mistake. */
const mostKeys = 4;

function readPrivateKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new Error('has a block that is not a private key in PEM', { cause });
  }
}

function toIdentityKey(pem: string): IdentityKey {
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(pem))
    throw new Error('has an encrypted key; write it without a passphrase, readable for the proxy only');
  const privateKey = readPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ec' || privateKey.asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw new Error(
      'has a key that is not an EC key on P-256; make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
    );
  const publicKey = createPublicKey(privateKey);
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  // RFC 7638: the required members of the key, sorted by name.
  const kid = hash('sha256', JSON.stringify({ crv: 'P-256', kty: 'EC', x, y }), 'base64url');
  return { kid, privateKey, publicKey, jwk: { kty: 'EC', crv: 'P-256', x, y, kid, alg: 'ES256', use: 'sig' } };
}

/**
 * Reads the file of identity keys: private keys for ES256 in PEM, of which the first one signs. Throws what is wrong with
 * it.
 */
export function readIdentityKeys(content: Buffer | string): IdentityKey[] {
  const pems = content.toString().match(blocks) ?? [];
  if (pems.length === 0) throw new Error('has no private key in PEM');
  const keys = [...new Map(pems.map(toIdentityKey).map((key) => [key.kid, key])).values()];
  if (keys.length > mostKeys) throw new Error(`has ${keys.length} keys, but ${mostKeys} are the most`);
  return keys;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Returns the protected header of a JWS by this key: nothing in it is negotiable. */
export function jwsHeader({ kid }: IdentityKey, typ: string): string {
  return encode({ alg: 'ES256', kid, typ });
}

/**
 * Signs claims as a compact JWS (RFC 7515, ES256). At once rather than on another thread: a request waits for it, and it
 * takes less time than the switch.
 */
export function signJws(key: IdentityKey, typ: string, claims: object): string {
  const signed = `${jwsHeader(key, typ)}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: key.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}
