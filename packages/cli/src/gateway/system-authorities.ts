import { readFileSync } from 'node:fs';
import tls from 'node:tls';

/** Where Linux distributions keep the authorities of the system, in the order of Go's crypto/x509. */
const linuxFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

function readIfReadable(file: string): string | undefined {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return undefined;
  }
}

/**
 * Returns the certificate authorities that Node.js and the system trust. Node.js before 22.15 cannot read those of the
 * system, so with it they are read from the files of Linux.
 */
export function systemAuthorities(
  read: typeof tls.getCACertificates | null = tls.getCACertificates ?? null,
  files: readonly string[] = linuxFiles,
): string[] {
  if (read !== null) return [...read('default'), ...read('system')];
  for (const file of files) {
    const pem = readIfReadable(file);
    if (pem !== undefined) return [...tls.rootCertificates, pem];
  }
  return [...tls.rootCertificates];
}
