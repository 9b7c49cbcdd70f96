import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { checkNamedFile } from './check-named-file.ts';
import type { ConfigFault } from './config-faults.ts';
import type { LoadedConfig } from './load-config.ts';

type Named = Pick<LoadedConfig, 'resolvePath' | 'place'>;
type NamedFile = { path: string; file: string | null | undefined };

function readCertificate(pem: Buffer): X509Certificate {
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw new Error('is not a certificate in PEM');
  try {
    return new X509Certificate(pem);
  } catch {
    throw new Error('is not a certificate in PEM');
  }
}

function readKey(pem: Buffer): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error(
      (error as NodeJS.ErrnoException).code === 'ERR_MISSING_PASSPHRASE'
        ? 'is encrypted; write the key without a passphrase, readable for this service only'
        : 'is not a private key in PEM',
      { cause: error },
    );
  }
}

/** Checks a file of certificate authorities. */
export function checkAuthorities(loaded: Named, { path, file }: NamedFile): ConfigFault[] {
  return checkNamedFile(loaded, path, file, (content) => void readCertificate(content));
}

/** Checks that a certificate and its key can be read and belong together. */
export function checkKeyPair(loaded: Named, certificate: NamedFile, key: NamedFile): ConfigFault[] {
  let found: X509Certificate | undefined;
  const faults = checkNamedFile(loaded, certificate.path, certificate.file, (content) => {
    found = readCertificate(content);
  });
  return [
    ...faults,
    ...checkNamedFile(loaded, key.path, key.file, (content) => {
      const read = readKey(content);
      if (found && !found.checkPrivateKey(read))
        throw new Error(`does not belong to the certificate in ${certificate.path.split('.').at(-1)}`);
    }),
  ];
}
