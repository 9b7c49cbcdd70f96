import { defaultTlsProfile, type TlsProfile } from '@sallyport/contracts';

/**
 * TLS 1.3 has the names of the standard in OpenSSL too; older suites have names of OpenSSL's own (openssl-ciphers(1)).
 */
function openSslName(cipher: string): string {
  const older = /^TLS_(ECDHE)_(ECDSA|RSA)_WITH_(.+)$/.exec(cipher);
  if (!older) return cipher;
  const algorithm = older[3]!
    .replace(/^AES_(\d+)_GCM_/, 'AES$1-GCM-')
    .replace(/^CHACHA20_POLY1305_SHA256$/, 'CHACHA20-POLY1305');
  return `${older[1]!}-${older[2]!}-${algorithm}`;
}

/**
 * How Node is told what a listener speaks: to be given with the certificate, at the start and whenever that is renewed,
 * for a new certificate brings a new context.
 */
export function tlsOptions({ minVersion, ciphers, curves }: TlsProfile = defaultTlsProfile): {
  minVersion: TlsProfile['minVersion'];
  maxVersion: TlsProfile['minVersion'];
  ciphers: string;
  ecdhCurve: string;
} {
  const of13 = ciphers.filter((cipher) => !cipher.includes('_WITH_')).length;
  // Left to itself OpenSSL speaks TLS 1.3 with suites of its own choice where none are named.
  return {
    minVersion: of13 === ciphers.length ? 'TLSv1.3' : minVersion,
    maxVersion: of13 === 0 ? 'TLSv1.2' : 'TLSv1.3',
    ciphers: ciphers.map(openSslName).join(':'),
    ecdhCurve: curves.join(':'),
  };
}
