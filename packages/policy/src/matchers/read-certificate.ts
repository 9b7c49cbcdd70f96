import { createHash, X509Certificate } from 'node:crypto';
import { parseAltNames, type AltNames } from './parse-alt-names.ts';

/**
 * The values of a certificate that policies compare: the hashes of the certificate (hex) and of its public key
 * (base64), and its alternative names.
 */
export type CertificateFacts = AltNames & { readonly fingerprint: string; readonly spkiHash: string };

const maxText = 32_768;
const maxKept = 1000;
const kept = new Map<string, CertificateFacts | undefined>();

function parse(pem: string): CertificateFacts | undefined {
  try {
    const certificate = new X509Certificate(pem);
    const spki = certificate.publicKey.export({ type: 'spki', format: 'der' });
    return {
      fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      spkiHash: createHash('sha256').update(spki).digest('base64'),
      ...parseAltNames(certificate.subjectAltName),
    };
  } catch {
    return undefined;
  }
}

/**
 * Reads the first certificate of a PEM text; undefined if there is none. The last thousand texts are cached. Neither
 * dates nor signatures are checked.
 */
export function readCertificate(pem: string): CertificateFacts | undefined {
  if (pem.length > maxText || !pem.includes('-----BEGIN CERTIFICATE-----')) return undefined;
  const known = kept.get(pem);
  if (known !== undefined || kept.has(pem)) return known;
  const facts = parse(pem.trim());
  if (kept.size >= maxKept) kept.delete(kept.keys().next().value!);
  kept.set(pem, facts);
  return facts;
}
