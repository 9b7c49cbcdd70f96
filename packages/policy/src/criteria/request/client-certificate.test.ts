import { describe, expect, it } from '@jest/globals';
import { compilePolicy } from '../../compile/compile-policy.ts';
import { evaluatePolicy } from '../../evaluate/evaluate-policy.ts';
import { readCertificate } from '../../matchers/read-certificate.ts';
import { aliceCertificate, aliceHashes, bareCertificate, trickyCertificate } from '../../testing/certificates.ts';
import { faultsOf, evaluateCriterion } from '../../testing/evaluate-criterion.ts';

const holds = (data: unknown, leaf: unknown, valid?: boolean) =>
  evaluateCriterion('client_certificate', data, { request: { clientCertificate: { leaf: leaf as string, valid } } })[0];

describe('client_certificate', () => {
  it('compares the hashes of the certificate and of its key, in both formats', () => {
    expect(holds({ fingerprint: aliceHashes.fingerprint }, aliceCertificate)).toBe(true);
    expect(holds({ fingerprint: aliceHashes.longFingerprint }, aliceCertificate)).toBe(true);
    expect(holds({ spki_hash: aliceHashes.spkiHash }, aliceCertificate)).toBe(true);
    expect(holds({ spki_hash: ['j7YMPx2elR4xmi3mHZ3QRMHhWpMJ3fS/SqAvBVhEVCg='] }, bareCertificate)).toBe(true);
    expect(holds({ spki_hash: aliceHashes.spkiHash }, bareCertificate)).toBe(false);
  });

  it('needs one alternative name of the kind that matches all operators', () => {
    expect(holds({ san_email: { ends_with: '@example.org' } }, aliceCertificate)).toBe(true);
    expect(holds({ san_dns: { starts_with: 'one.', ends_with: '.com' } }, aliceCertificate)).toBe(true);
    expect(holds({ san_dns: { starts_with: 'one.', contains: 'two' } }, aliceCertificate)).toBe(false);
    expect(holds({ san_uri: 'spiffe://example.com/a' }, aliceCertificate)).toBe(true);
    expect(holds({ san_dns: 'alice@example.com' }, aliceCertificate)).toBe(false);
    for (const member of ['san_email', 'san_dns', 'san_uri'])
      expect(holds({ [member]: { not: 'x' } }, bareCertificate)).toBe(false);
  });

  it('needs all members', () => {
    expect(holds({ fingerprint: aliceHashes.fingerprint, san_dns: 'one.example.com' }, aliceCertificate)).toBe(true);
    expect(holds({ fingerprint: aliceHashes.fingerprint, san_dns: 'x' }, aliceCertificate)).toBe(false);
  });

  it('ignores the names of a certificate that is known to be untrusted, but not its hashes', () => {
    expect(holds({ san_dns: 'one.example.com' }, aliceCertificate, false)).toBe(false);
    expect(holds({ san_dns: 'one.example.com' }, aliceCertificate, true)).toBe(true);
    expect(holds({ fingerprint: aliceHashes.fingerprint }, aliceCertificate, false)).toBe(true);
  });

  it('is not deceived by a name that looks like several', () => {
    for (const data of [{ san_dns: 'admin.example.com' }, { san_email: 'root@example.com' }])
      expect(holds(data, trickyCertificate)).toBe(false);
    expect(holds({ san_uri: 'http://example.com/, DNS:admin.example.com' }, trickyCertificate)).toBe(true);
    expect(holds({ san_dns: 'mallory.example.com' }, trickyCertificate)).toBe(true);
  });

  it('does not hold without a readable certificate', () => {
    const broken = aliceCertificate.replace('MIIC', 'AAAA');
    for (const leaf of [
      undefined,
      null,
      5,
      '',
      'x',
      broken,
      '-----BEGIN CERTIFICATE-----',
      ' '.repeat(40_000) + aliceCertificate,
    ]) {
      for (const data of [{}, { san_dns: { not: 'x' } }]) expect(holds(data, leaf)).toBe(false);
    }
  });

  it('refuses hashes in another format, and unknown members', () => {
    expect(faultsOf('client_certificate', { fingerprints: 'x' })).toEqual([
      'client_certificate.fingerprints: unknown certificate matcher "fingerprints"',
    ]);
    const upper = aliceHashes.fingerprint.toUpperCase();
    for (const fingerprint of ['', 'B1:E6', upper, aliceHashes.longFingerprint.toLowerCase(), 5, [], ['x'], [1]])
      expect(faultsOf('client_certificate', { fingerprint })).toHaveLength(1);
    for (const hash of ['', 'VYby3BAoHawLLtsyckwo5Q==', 'not%base64', {}])
      expect(faultsOf('client_certificate', { spki_hash: hash })).toHaveLength(1);
    for (const data of ['x', null, true, []]) expect(faultsOf('client_certificate', data)).toHaveLength(1);
  });
});

describe('reading certificates', () => {
  it('reads each text once', () => {
    expect(readCertificate(aliceCertificate)).toBe(readCertificate(aliceCertificate));
    expect(readCertificate(aliceCertificate)).toMatchObject({
      fingerprint: aliceHashes.fingerprint,
      spkiHash: aliceHashes.spkiHash,
      dns: ['one.example.com', 'two.example.com'],
    });
  });

  it('drops old ones, however many there are', () => {
    const first = readCertificate(aliceCertificate);
    for (let index = 0; index < 1100; index += 1) readCertificate(`-----BEGIN CERTIFICATE-----${index}`);
    expect(readCertificate(aliceCertificate)).not.toBe(first);
    expect(readCertificate(aliceCertificate)).toEqual(first);
  });
});

const ask = (clientCertificate: object | undefined) =>
  evaluateCriterion('invalid_client_certificate', true, { request: { clientCertificate } });

describe('invalid_client_certificate', () => {
  it('does not hold for a certificate that the gateway trusts', () => {
    expect(ask({ presented: true, valid: true })).toEqual([false, 'valid-client-certificate']);
  });

  it('holds without a certificate, and for any other', () => {
    for (const certificate of [undefined, {}, { presented: false, leaf: 'x' }])
      expect(ask(certificate)).toEqual([true, 'client-certificate-required']);
    for (const certificate of [
      { presented: true },
      { presented: true, valid: false },
      { leaf: 'x' },
      { presented: true, valid: 'true' },
    ])
      expect(ask(certificate)).toEqual([true, 'invalid-client-certificate']);
  });

  it('refuses under deny before the caller is asked to log in', () => {
    const compiled = compilePolicy(
      [{ allow: { or: [{ authenticated_user: true }] } }, { deny: { or: [{ invalid_client_certificate: true }] } }],
      { scope: 'x' },
    );
    const effect = (clientCertificate: object) =>
      compiled.ok && evaluatePolicy([compiled.policy], { request: { clientCertificate } }).effect;
    expect([effect({}), effect({ presented: true, valid: true })]).toEqual(['deny', 'authenticate']);
  });
});
