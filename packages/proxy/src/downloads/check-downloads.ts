import { readFileSync } from 'node:fs';
import type { X509Certificate } from 'node:crypto';
import { sallyportVersion } from '@sallyport/contracts';
import { checkNamedFile, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import { readCertificates } from './read-certificates.ts';
import { readRelease } from './read-release.ts';

/** Checks that the directory of downloads has a release of this version, and that each of its files is intact. */
export async function checkDownloads({ config, resolvePath, place }: LoadedConfig): Promise<ConfigFault[]> {
  const { directory } = config.downloads;
  if (directory == null) return [];
  const path = 'downloads.directory';
  const { faults } = await readRelease(resolvePath(directory), sallyportVersion);
  return faults.map((message) => ({ path, message, ...place(path.split('.')) }));
}

/** Reports whether a chain leads to one of these authorities. Each certificate of the chain is issued by the next. */
function leadsTo(chain: readonly X509Certificate[], authorities: readonly X509Certificate[]): boolean {
  for (const [index, one] of chain.entries()) {
    if (authorities.some((ca) => one.checkIssued(ca) && one.verify(ca.publicKey))) return true;
    const next = chain[index + 1];
    if (!next || !one.checkIssued(next) || !one.verify(next.publicKey)) return false;
  }
  return false;
}

/** Checks that the file with the CA of the gateway's certificate is one, and that the certificate comes from it. */
export function checkAuthority(loaded: LoadedConfig): ConfigFault[] {
  const { caFile, tls } = loaded.config.gateway;
  return checkNamedFile(loaded, 'gateway.caFile', caFile, (content) => {
    const authorities = readCertificates(content.toString('latin1'));
    if (authorities.length === 0) throw new Error('has no certificate in PEM');
    // What ACME brings may come later, and from another CA than before.
    if (tls?.certFile == null) return;
    let chain: X509Certificate[];
    try {
      chain = readCertificates(readFileSync(loaded.resolvePath(tls.certFile), 'latin1'));
    } catch {
      return; // that file has a fault of its own
    }
    if (chain.length > 0 && !leadsTo(chain, authorities))
      throw new Error('does not have the CA that issued the certificate in gateway.tls.certFile');
  });
}
