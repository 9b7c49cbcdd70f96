import { generateKeyPairSync, webcrypto } from 'node:crypto';
import type { IdentityJwk } from '../web-identity/identity-keys.ts';

/** Returns a new private key for identities, in PEM. */
export function identityKeyPem(): string {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString();
}

type Json = Record<string, unknown>;

/** Returns header and payload of a JWT that one of the keys has signed. Throws for any other. */
export async function verifyJwt(token: string, keys: readonly IdentityJwk[]): Promise<{ header: Json; payload: Json }> {
  const [head = '', claims = '', signature = ''] = token.split('.');
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Json;
  const header = decode(head);
  const jwk = keys.find(({ kid }) => kid === header.kid);
  if (!jwk) throw new Error(`no key ${String(header.kid)}`);
  const key = await webcrypto.subtle.importKey('jwk', jwk, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify']);
  const signed = Buffer.from(`${head}.${claims}`);
  const ecdsa = { name: 'ECDSA', hash: 'SHA-256' };
  if (!(await webcrypto.subtle.verify(ecdsa, key, Buffer.from(signature, 'base64url'), signed)))
    throw new Error('the signature is not by that key');
  return { header, payload: decode(claims) };
}
