import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { identityKeyPem } from '../testing/identity-keys.ts';
import { readIdentityKeys } from './identity-keys.ts';

const pemOf = (type: 'ed25519' | 'secp384r1' | 'rsa') =>
  (type === 'ed25519'
    ? generateKeyPairSync('ed25519')
    : type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: type })
  ).privateKey
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();

describe('the file of identity keys', () => {
  it('has one key or several, in the order of the file, each once', () => {
    const [one, two] = [identityKeyPem(), identityKeyPem()];
    const keys = readIdentityKeys(`the new one\n${one}\n${two}${one}`);
    expect(keys.map(({ privateKey }) => privateKey.equals(createPrivateKey(one)))).toEqual([true, false]);
    for (const { kid, jwk } of keys) {
      expect(kid).toMatch(/^[\w-]{43}$/);
      expect(Object.keys(jwk).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
  });

  it('are named by their thumbprints, as RFC 7638 has it', () => {
    // The key of RFC 7515, A.3. Its thumbprint was computed by another library.
    const key = createPrivateKey({
      key: {
        kty: 'EC',
        crv: 'P-256',
        x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
        y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
        d: 'jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI',
      },
      format: 'jwk',
    });
    const pem = key.export({ type: 'pkcs8', format: 'pem' });
    expect(readIdentityKeys(pem as string)[0]!.kid).toBe('oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U');
  });

  it.each([
    ['an empty file', '', 'has no private key in PEM'],
    ['a public key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', 'has no private key in PEM'],
    ['a broken key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', 'not a private key in PEM'],
    ['a key of Ed25519', pemOf('ed25519'), 'not an EC key on P-256'],
    ['a key on another curve', pemOf('secp384r1'), 'not an EC key on P-256'],
    ['an RSA key', pemOf('rsa'), 'not an EC key on P-256'],
    ['a good and a bad key', identityKeyPem() + pemOf('ed25519'), 'not an EC key on P-256'],
    ['five keys', Array.from({ length: 5 }, identityKeyPem).join(''), 'has 5 keys, but 4 are the most'],
    [
      'an encrypted key',
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
        .toString(),
      'encrypted',
    ],
  ])('is refused if it is %s', (_what, text, words) => {
    expect(() => readIdentityKeys(text)).toThrow(words);
  });
});
