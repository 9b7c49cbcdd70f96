import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { deriveSecret } from './derive-secret.ts';

const { privateKey } = generateKeyPairSync('ed25519');

describe('a secret that is derived from a service key', () => {
  it('is the same on every replica, and has 32 bytes', () => {
    const copy = createPrivateKey(privateKey.export({ format: 'pem', type: 'pkcs8' }));
    expect(deriveSecret(copy, 'a')).toEqual(deriveSecret(privateKey, 'a'));
    expect(deriveSecret(privateKey, 'a')).toHaveLength(32);
  });

  it('is another one for another use and for another key, and is not the key', () => {
    const other = generateKeyPairSync('ed25519').privateKey;
    const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url');
    const secrets = [deriveSecret(privateKey, 'a'), deriveSecret(privateKey, 'b'), deriveSecret(other, 'a'), seed];
    expect(new Set(secrets.map((secret) => secret.toString('hex'))).size).toBe(4);
  });

  it('is that of RFC 5869, so that it stays the same with another implementation', () => {
    const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]);
    const fixed = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
    expect(deriveSecret(fixed, 'audit.execCommand').toString('hex')).toBe(
      '1fd181e2383fee1782044472eb1f63e0f4632ad882044685fbe136af8ede1973',
    );
  });
});
