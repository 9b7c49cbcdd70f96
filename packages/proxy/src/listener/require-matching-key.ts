import { createPrivateKey, X509Certificate } from 'node:crypto';

/**
 * Throws unless the private key belongs to the certificate. OpenSSL does not notice it if they are of different kinds,
 * such as RSA and EC, and then has nothing to present.
 */
export function requireMatchingKey(cert: string, key: string): void {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error('the private key does not belong to the certificate');
}
