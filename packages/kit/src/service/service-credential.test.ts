import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createServiceIdentity, createServiceVerifier, readPublicKey } from './service-credential.ts';

const keys = generateKeyPairSync('ed25519');
const strangers = generateKeyPairSync('ed25519');
const start = 1_750_000_000_000;

function setUp(offset = 0) {
  const clock = { now: start };
  const identity = createServiceIdentity({ name: 'proxy', privateKey: keys.privateKey, now: () => clock.now });
  const verifier = createServiceVerifier({
    name: 'authorize',
    publicKeys: { proxy: keys.publicKey, audit: strangers.publicKey },
    now: () => clock.now + offset,
  });
  return { clock, identity, verifier };
}

describe('a service credential', () => {
  it('identifies its caller to its audience, and is reused', async () => {
    const { identity, verifier } = setUp();
    const header = await identity.credentialFor('authorize');
    expect(await identity.credentialFor('authorize')).toBe(header);
    expect(verifier.verified(header)).toBeUndefined();
    expect(await verifier.verify(header)).toBe('proxy');
    expect(verifier.verified(header)).toBe('proxy');
  });

  it('expires after a minute, even for a verifier that has seen it', async () => {
    const { clock, identity, verifier } = setUp();
    const header = await identity.credentialFor('authorize');
    await verifier.verify(header);
    clock.now += 66_000;
    expect(verifier.verified(header)).toBeUndefined();
    await expect(verifier.verify(header)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is not valid for another service, under another key or another name', async () => {
    const { identity, verifier } = setUp();
    await expect(verifier.verify(await identity.credentialFor('audit'))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    const forged = createServiceIdentity({ name: 'proxy', privateKey: strangers.privateKey, now: () => start });
    await expect(verifier.verify(await forged.credentialFor('authorize'))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    const audit = createServiceIdentity({ name: 'audit', privateKey: strangers.privateKey, now: () => start });
    await expect(verifier.verify(await audit.credentialFor('authorize'))).rejects.toMatchObject({
      code: 'unknown-caller',
    });
  });

  it.each([
    undefined,
    '',
    'Bearer x',
    'Sallyport-Service ',
    'Sallyport-Service a.b.c',
    `Sallyport-Service ${'x'.repeat(5000)}`,
    'Sallyport-Service eyJhbGciOiJub25lIn0.eyJpc3MiOiJwcm94eSIsImF1ZCI6ImF1dGhvcml6ZSJ9.',
  ])('is refused when it is %j', async (header) => {
    await expect(setUp().verifier.verify(header)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is verified with an Ed25519 public key in PEM or base64 of DER, and no other', () => {
    const pem = keys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const der = keys.publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
    expect(readPublicKey(pem).equals(readPublicKey(der))).toBe(true);
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
      .publicKey.export({ type: 'spki', format: 'pem' })
      .toString();
    expect(() => readPublicKey(rsa)).toThrow('Ed25519');
  });
});
