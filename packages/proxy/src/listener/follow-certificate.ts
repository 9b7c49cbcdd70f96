import { stat, readFile } from 'node:fs/promises';
import type { Server as HttpsServer } from 'node:https';
import type { TlsProfile } from '@sallyport/contracts';
import { tlsOptions, type Logger } from '@sallyport/kit';

export type CertificateFiles = { certFile: string; keyFile: string; clientCaFile?: string };

/**
 * Looks every `everyMs` (30 s) whether the certificate's files (and that of the clients' CA) have changed, and serves
 * new connections with the new ones; a pair that does not fit leaves the old one in use. Returns how to stop.
 */
export function followCertificate(deps: {
  server: Pick<HttpsServer, 'setSecureContext'>;
  files: CertificateFiles;
  profile?: TlsProfile | undefined;
  logger: Logger;
  everyMs?: number;
}): () => void {
  const { certFile, keyFile, clientCaFile } = deps.files;
  const all = [certFile, keyFile, ...(clientCaFile === undefined ? [] : [clientCaFile])];
  const changedAt = async () => (await Promise.all(all.map((file) => stat(file)))).map((one) => one.mtimeMs).join();
  let known: string | undefined;
  const look = async () => {
    try {
      const now = await changedAt();
      if (known !== undefined && now !== known) {
        const [cert, key, ca] = await Promise.all(all.map((file) => readFile(file, 'utf8')));
        deps.server.setSecureContext({ cert, key, ...(ca === undefined ? {} : { ca }), ...tlsOptions(deps.profile) });
        deps.logger.info({ certFile }, 'the certificate has changed and is in use');
      }
      known = now;
    } catch (error) {
      deps.logger.warn({ err: error, certFile }, 'the changed certificate cannot be used; the one before stays');
    }
  };
  void look();
  const timer = setInterval(() => void look(), deps.everyMs ?? 30_000);
  timer.unref();
  return () => clearInterval(timer);
}
