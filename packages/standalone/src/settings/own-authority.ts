import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import {
  createCertificateAuthority,
  openCertificateAuthority,
  type CertificateAuthority,
} from '@sallyport/bed/certificates';
import { createOnce, replaceFile } from './create-once.ts';

/** Returns why the authority of an earlier run cannot be used again, or undefined. */
function unusable(files: { certificate: string; key: string }, goodUntil: number): string | undefined {
  try {
    const certificate = new X509Certificate(readFileSync(files.certificate));
    const key = createPrivateKey(readFileSync(files.key));
    if (!certificate.ca || !certificate.checkPrivateKey(key)) return 'its certificate and its key do not match';
    if (certificate.validToDate.getTime() < goodUntil) return 'it has expired or expires soon';
    // Whoever could read the key can make certificates that this machine trusts.
    if (process.platform !== 'win32' && (statSync(files.key).mode & 0o077) !== 0) return 'other users can read its key';
    return undefined;
  } catch {
    return 'it cannot be read';
  }
}

/** Returns the SHA-256 fingerprint of a certificate (PEM), as `sallyport login --ca-fingerprint` takes it. */
export const fingerprintOf = (pem: string): string =>
  `sha256:${new X509Certificate(pem).fingerprint256.replaceAll(':', '').toLowerCase()}`;

/**
 * Opens the certificate authority in `tls/` of a directory: that of an earlier run, so that kubeconfigs and programs that
 * trust it keep working, or a new one. `onUnusable` is called with the reason before an earlier one is replaced. If it
 * throws, nothing is.
 */
export async function ownAuthority(
  directory: string,
  deps: {
    name: string;
    onUnusable(reason: string): void;
    /** It must be valid until then, in milliseconds since the epoch. */
    goodUntil: number;
  },
): Promise<CertificateAuthority> {
  const at = (name: string) => path.join(directory, 'tls', name);
  const files = { certificate: at('ca.crt'), key: at('ca.key') };
  mkdirSync(path.dirname(files.key), { recursive: true, mode: 0o700 });
  if (existsSync(files.key)) {
    const fault = unusable(files, deps.goodUntil);
    if (fault === undefined)
      return openCertificateAuthority({
        caPem: readFileSync(files.certificate, 'utf8'),
        keyPem: readFileSync(files.key, 'utf8'),
      });
    deps.onUnusable(fault);
  }
  const authority = await createCertificateAuthority({ name: deps.name });
  rmSync(files.key, { force: true });
  replaceFile(files.certificate, authority.caPem);
  // Last: without a key there is no authority, so a process that dies before this leaves none.
  createOnce(files.key, () => authority.keyPem);
  return authority;
}
