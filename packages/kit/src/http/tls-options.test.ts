import { createSecureContext } from 'node:tls';
import { describe, expect, it } from '@jest/globals';
import { tlsOptions } from './create-internal-server.ts';

describe('the TLS options of a listener', () => {
  it('use the names that OpenSSL has for the suites', () => {
    expect(tlsOptions()).toEqual({
      minVersion: 'TLSv1.2',
      maxVersion: 'TLSv1.3',
      ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384',
      ciphers:
        'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305',
    });
    expect(() => createSecureContext(tlsOptions())).not.toThrow();
  });

  it('leave out a version without a suite', () => {
    expect(tlsOptions({ minVersion: 'TLSv1.2', ciphers: ['TLS_AES_128_GCM_SHA256'], curves: ['P-256'] })).toMatchObject(
      { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
    );
    expect(
      tlsOptions({ minVersion: 'TLSv1.2', ciphers: ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'], curves: ['P-256'] }),
    ).toMatchObject({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' });
  });
});
