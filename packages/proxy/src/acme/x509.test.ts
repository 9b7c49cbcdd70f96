import 'reflect-metadata';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import * as x509 from '@peculiar/x509';
import { createCertificateRequest, createChallengeCertificate, createKey } from './x509.ts';

const exact = (bytes: Buffer) => new Uint8Array(bytes);
const namesIn = (all: { extensions: x509.Extension[] }) =>
  all.extensions
    .filter((one) => one instanceof x509.SubjectAlternativeNameExtension)
    .flatMap(({ names }) => names.items.map(({ value }) => value));

describe('a certificate request', () => {
  it.each([1, 7, 100])('has these %d names and no other, and is signed with the key', async (count) => {
    const hosts = Array.from({ length: count }, (_, index) => `a-rather-long-host-name-${index}.gate.example.com`);
    const request = new x509.Pkcs10CertificateRequest(exact(createCertificateRequest(hosts, createKey())));
    expect(await request.verify()).toBe(true);
    expect(namesIn(request)).toEqual(hosts);
    expect(request.subject).toBe('');
  });
});

describe('the certificate of a challenge', () => {
  it('is for one host, and has the hash of the key authorization in a critical extension (RFC 8737)', async () => {
    const now = Date.parse('2026-12-01T12:00:00Z');
    const keyAuthorization = 'token.thumbprint';
    const { cert, key } = createChallengeCertificate({ host: 'gate.example.com', keyAuthorization }, now);
    expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))).toBe(true);
    const parsed = new x509.X509Certificate(cert);
    expect(await parsed.verify({ date: new Date(now) })).toBe(true);
    expect(parsed.notBefore.toISOString()).toBe('2026-11-30T12:00:00.000Z');
    expect(parsed.notAfter.toISOString()).toBe('2026-12-02T12:00:00.000Z');
    expect(namesIn(parsed)).toEqual(['gate.example.com']);
    const identifier = parsed.getExtension('1.3.6.1.5.5.7.1.31');
    expect(identifier?.critical).toBe(true);
    const digest = createHash('sha256').update(keyAuthorization).digest('hex');
    expect(Buffer.from(identifier!.value).toString('hex')).toBe(`0420${digest}`);
  });
});
