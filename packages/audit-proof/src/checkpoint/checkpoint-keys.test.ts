import { createPrivateKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import canonicalize from 'canonicalize';
import { readCheckpointKeys, toJwks } from './checkpoint-keys.ts';
import { keyIdOf } from './key-id.ts';
import { signCheckpoint } from './sign-checkpoint.ts';

describe('a key of checkpoints', () => {
  it('has the thumbprint of RFC 8037, appendix A.3, as its id', () => {
    const jwk = {
      kty: 'OKP',
      crv: 'Ed25519',
      d: 'nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A',
      x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo',
    };
    expect(keyIdOf(createPrivateKey({ key: jwk, format: 'jwk' }))).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('is published without its private part, and read as a JWKS or as PEM', () => {
    const pairs = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')];
    const ids = pairs.map(({ publicKey }) => keyIdOf(publicKey));
    const pem = pairs.map(({ privateKey }) => privateKey.export({ type: 'pkcs8', format: 'pem' })).join('');
    const keys = readCheckpointKeys(pem);
    expect([...keys.keys()]).toEqual(ids);
    const jwks = JSON.stringify(toJwks(new Map(pairs.map(({ privateKey }, index) => [ids[index]!, privateKey]))));
    expect(jwks).not.toContain('"d"');
    expect([...readCheckpointKeys(jwks).keys()]).toEqual(ids);
    expect([...readCheckpointKeys(jwks.replaceAll(ids[0]!, 'another')).keys()]).toEqual(ids);
  });

  it('is refused if it is of another kind, or if there is none', () => {
    const other = generateKeyPairSync('x25519').publicKey.export({ type: 'spki', format: 'pem' }) as string;
    expect(() => readCheckpointKeys(other)).toThrow('not an Ed25519 key');
    expect(() => readCheckpointKeys('{"keys":[]}')).toThrow('it has no key');
    expect(() => readCheckpointKeys('{}')).toThrow('it is not a JWKS');
    expect(() => readCheckpointKeys('nothing')).toThrow('it has no key');
  });

  it('signs the RFC 8785 form of everything but the signature', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const { signature, ...unsigned } = signCheckpoint(
      { number: 1, time: '2026-01-02T03:04:05Z', heads: [] },
      privateKey,
    );
    expect(unsigned.keyId).toBe(keyIdOf(publicKey));
    const text = Buffer.from(canonicalize(unsigned)!);
    expect(verify(null, text, publicKey, Buffer.from(signature, 'base64url'))).toBe(true);
  });
});
