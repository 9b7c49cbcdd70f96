import { X509Certificate, createPrivateKey } from 'node:crypto';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { createCertificateAuthority } from './certificate-authority.ts';

describe('a certificate authority', () => {
  it('signs certificates that only its own certificate verifies', async () => {
    const authority = await createCertificateAuthority({ name: 'One' });
    const other = await createCertificateAuthority({ name: 'One' });
    const certificate = new X509Certificate((await authority.issue({ commonName: 'a' })).certPem);
    expect(certificate.verify(new X509Certificate(authority.caPem).publicKey)).toBe(true);
    expect(certificate.verify(new X509Certificate(other.caPem).publicKey)).toBe(false);
    expect(certificate.checkIssued(new X509Certificate(authority.caPem))).toBe(true);
    expect(new X509Certificate(authority.caPem).ca).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  it('keeps organizations and special characters separate in the subject', async () => {
    const authority = await createCertificateAuthority({ name: 'One' });
    const issued = await authority.issue({
      commonName: 'müller, "x" + y=z',
      organizations: ['system:masters', 'a, O=b'],
      client: true,
    });
    const subject = new X509Certificate(issued.certPem).toLegacyObject().subject as unknown as Record<string, unknown>;
    expect(subject['CN']).toBe('müller, "x" + y=z');
    expect(subject['O']).toEqual(['system:masters', 'a, O=b']);
  });

  it('includes hosts, addresses, e-mail addresses and URIs', async () => {
    const authority = await createCertificateAuthority({ name: 'One' });
    const issued = await authority.issue({
      commonName: 'a',
      dnsNames: ['gate.test', '*.k8s.test'],
      ipAddresses: ['127.0.0.1', '::1'],
      emails: ['a@b.test'],
      uris: ['spiffe://t/x'],
    });
    const certificate = new X509Certificate(issued.certPem);
    expect(certificate.checkHost('gate.test')).toBe('gate.test');
    expect(certificate.checkHost('dev.k8s.test')).toBeDefined();
    expect(certificate.checkHost('other.test')).toBeUndefined();
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(certificate.subjectAltName).toContain('email:a@b.test');
    expect(certificate.subjectAltName).toContain('URI:spiffe://t/x');
  });

  it('includes the requested purposes, or the server purpose by default', async () => {
    const authority = await createCertificateAuthority({ name: 'One' });
    const usage = async (request: { client?: boolean; server?: boolean }) =>
      new X509Certificate((await authority.issue({ commonName: 'a', ...request })).certPem).keyUsage;
    expect(await usage({})).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(await usage({ client: true })).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(await usage({ client: true, server: true })).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  it('can issue an expired certificate', async () => {
    const authority = await createCertificateAuthority({ name: 'One' });
    const issued = await authority.issue({
      commonName: 'a',
      notBefore: new Date('2020-01-01'),
      notAfter: new Date('2020-01-02'),
    });
    expect(new X509Certificate(issued.certPem).validToDate.toISOString()).toBe('2020-01-02T00:00:00.000Z');
    expect(createPrivateKey(issued.keyPem).asymmetricKeyDetails?.namedCurve).toBe('prime256v1');
  });

  it('works for a TLS connection with certificates on both sides', async () => {
    const authority = await createCertificateAuthority({ name: 'One' });
    const server = await authority.issue({ commonName: 'server', dnsNames: ['localhost'], server: true });
    const client = await authority.issue({ commonName: 'client', client: true });
    const listener = createServer({
      cert: server.certPem,
      key: server.keyPem,
      ca: authority.caPem,
      requestCert: true,
      rejectUnauthorized: true,
    });
    const accepted = once(listener, 'secureConnection');
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const socket = connect({
      host: '127.0.0.1',
      port: (listener.address() as AddressInfo).port,
      servername: 'localhost',
      ca: authority.caPem,
      cert: client.certPem,
      key: client.keyPem,
    });
    await once(socket, 'secureConnect');
    const [peer] = (await accepted) as [TLSSocket];
    expect(socket.authorized).toBe(true);
    expect(peer.getPeerCertificate().subject.CN).toBe('client');
    socket.destroy();
    peer.destroy();
    listener.close();
  });
});
