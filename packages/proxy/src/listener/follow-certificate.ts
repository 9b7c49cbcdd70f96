import { stat, readFile } from 'node:fs/promises';
import type { Server as HttpsServer } from 'node:https';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { TlsProfile } from '@sallyport/contracts';
import { tlsOptions, type Logger } from '@sallyport/kit';

/**
 * Throws unless the private key belongs to the certificate. OpenSSL does not notice it if they are of different kinds,
 * such as RSA and EC, and then has nothing to present.
 */
export function requireMatchingKey(cert: string, key: string): void {
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error('the private key does not belong to the certificate');
}

export type CertificateFiles = { certFile: string; keyFile: string; clientCaFile?: string | undefined };

/** Follows the files of a certificate until it is stopped. `check` looks at them now. */
export type CertificateFollower = { check(): void; stop(): void };

/**
 * Checks every `everyMs` (30 s) whether the files of the certificate or of the client CA have changed, and uses the new
 * ones for new connections. If key and certificate do not match, the old pair stays in use.
 */
export function followCertificate(deps: {
  server: Pick<HttpsServer, 'setSecureContext'>;
  files: CertificateFiles;
  profile?: TlsProfile | undefined;
  logger: Logger;
  everyMs?: number;
  /** Whether the server has no certificate yet: the files may appear later, and are then used. */
  isAwaited?: boolean;
}): CertificateFollower {
  const { certFile, keyFile, clientCaFile } = deps.files;
  const all = [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
  const changedAt = async () => (await Promise.all(all.map((file) => stat(file)))).map((one) => one.mtimeMs).join();
  const absent = 'absent';
  let known: string | undefined = deps.isAwaited ? absent : undefined;
  const check = async () => {
    try {
      const now = await changedAt();
      if (known !== undefined && now !== known) {
        const [cert = '', key = '', ca] = await Promise.all(all.map((file) => readFile(file, 'utf8')));
        requireMatchingKey(cert, key);
        deps.server.setSecureContext({ cert, key, ca, ...tlsOptions(deps.profile) });
        deps.logger.info({ certFile }, 'the certificate changed, and the new one is in use');
      }
      known = now;
    } catch (error) {
      if (known === absent && (error as NodeJS.ErrnoException).code === 'ENOENT') return;
      deps.logger.warn(
        { err: error, certFile },
        'the changed certificate cannot be used, so the previous one stays in use',
      );
    }
  };
  void check();
  const timer = setInterval(() => void check(), deps.everyMs ?? 30_000);
  timer.unref();
  return { check: () => void check(), stop: () => clearInterval(timer) };
}
