import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import { gatewayHosts, type Config } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { dataFiles } from '@sallyport/kit';
import { createOnce, replaceFile } from '../settings/create-once.ts';
import { ownAuthority } from '../settings/own-authority.ts';
import { ensureKey, ensureServiceKeys } from '../settings/service-keys.ts';

/** Creates the keys that are missing in the directory of a single process. Those that are there stay. */
export function prepareKeys(directory: string): void {
  const keys = path.join(directory, 'keys');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  ensureServiceKeys(keys);
  ensureKey(keys, 'identity');
  ensureKey(keys, 'checkpoints');
  createOnce(dataFiles(directory).tokens, () => `${randomBytes(32).toString('base64')}\n`);
}

/** The hosts that the gateway's certificate must be valid for. */
function hostsOf(config: Config): string[] {
  const hosts = [...gatewayHosts(config).map(({ host }) => host), 'localhost', '127.0.0.1', '::1'];
  return [...new Set(hosts.map((host) => host.replace(/^\[|\]$/g, '')))].toSorted();
}

const month = 30 * dayMs;

/** Reports whether a file has a certificate of this authority and its key, for all these hosts, and valid for some time. */
function isGood(file: string, caPem: string, hosts: readonly string[], now: number): boolean {
  try {
    const text = readFileSync(file);
    const certificate = new X509Certificate(text);
    return (
      certificate.checkPrivateKey(createPrivateKey(text)) &&
      certificate.verify(new X509Certificate(caPem).publicKey) &&
      certificate.validToDate.getTime() - now > month &&
      hosts.every((host) => (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined)
    );
  } catch {
    return false;
  }
}

/**
 * Issues the gateway's certificate with the authority of the directory, unless the one that is there is good. Returns
 * whether it is a new one. Throws if the authority cannot be used: people trust it, so it is not replaced.
 */
export async function prepareCertificate(directory: string, config: Config, now: () => number): Promise<boolean> {
  const files = dataFiles(directory);
  const authority = await ownAuthority(directory, {
    name: 'Sallyport',
    goodUntil: now(),
    onUnusable(reason) {
      throw new Error(
        `the certificate authority in ${path.dirname(files.ca)} cannot be used, because ${reason}; restore it from a backup, or delete ${files.caKey} and tell people the new fingerprint`,
      );
    },
  });
  const hosts = hostsOf(config);
  if (isGood(files.certificate, authority.caPem, hosts, now())) return false;
  const issued = await authority.issue({
    commonName: hosts.find((host) => new URL(config.gateway.url).hostname === host) ?? 'sallyport',
    dnsNames: hosts.filter((host) => isIP(host) === 0),
    ipAddresses: hosts.filter((host) => isIP(host) !== 0),
    server: true,
  });
  replaceFile(files.certificate, issued.certPem + issued.keyPem);
  return true;
}
