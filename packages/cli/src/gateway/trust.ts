import type { TrustChoices } from './gateway-client.ts';
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

/**
 * Returns the certificate authorities that may vouch for a gateway. If the user named one (`--ca-file`), it is the only
 * one. Otherwise they are, in turn: those that come with Node.js, the one that the current kubeconfig names for this
 * gateway, and those of the system.
 */
export function trustChoices(
  remembered: string | undefined,
  fromKubeconfig: () => Promise<string | undefined>,
): TrustChoices {
  if (remembered !== undefined) return [() => [remembered]];
  return [
    () => undefined,
    async () => {
      const pem = await fromKubeconfig();
      return pem === undefined ? undefined : [pem];
    },
    () => systemAuthorities(),
  ];
}
