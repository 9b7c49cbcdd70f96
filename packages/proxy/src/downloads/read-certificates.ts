import { X509Certificate } from 'node:crypto';

const block = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Reads the certificates in a text, and nothing else in it, such as a private key. Throws if one cannot be read. */
export function readCertificates(text: string): X509Certificate[] {
  return (text.match(block) ?? []).map((one) => new X509Certificate(one));
}
