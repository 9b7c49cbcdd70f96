import { randomBytes, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createCertificateAuthority } from '@sallyport/bed';
import { dayMs } from '@sallyport/contracts/text';
import { privateFilesIn } from '../settings/private-files.ts';
import { ensureKey, ensureServiceKeys } from '../settings/service-keys.ts';

export type PrepareRequest = {
  directory: string;
  /** The host names of the gateway and of the practice cluster. */
  gatewayNames: readonly string[];
  clusterNames: readonly string[];
  now(): number;
};

const week = 7 * dayMs;

/**
 * Writes the keys, certificates and secrets that the development setup lacks. Valid files stay unchanged, so this can run
 * at every start. Returns the files that it wrote.
 */
export async function prepareFiles(request: PrepareRequest): Promise<string[]> {
  const { directory } = request;
  const wrote: string[] = [];
  mkdirSync(path.join(directory, 'tls'), { recursive: true, mode: 0o700 });
  const write = (name: string, text: string) => {
    privateFilesIn(directory)(name, text);
    wrote.push(name);
  };
  for (const [name, { publicKey }] of Object.entries(ensureServiceKeys(path.join(directory, 'keys')))) {
    const file = `keys/${name}.pub`;
    // Written again when the private key has been replaced.
    if (
      !existsSync(path.join(directory, file)) ||
      readFileSync(path.join(directory, file), 'utf8').trim() !== publicKey
    )
      write(file, `${publicKey}\n`);
  }
  if (!existsSync(path.join(directory, 'keys', 'checkpoints.pem'))) {
    ensureKey(path.join(directory, 'keys'), 'checkpoints');
    wrote.push('keys/checkpoints.pem');
  }
  for (const secret of ['oidc-client-secret', 'cluster-token']) {
    if (!existsSync(path.join(directory, secret))) write(secret, `${randomBytes(24).toString('base64url')}\n`);
  }
  if (!existsSync(path.join(directory, 'session-key'))) write('session-key', `${randomBytes(32).toString('base64')}\n`);
  if (!certificatesAreValid(directory, request.now())) await writeCertificates(request, write);
  return wrote;
}

/** The authority's certificate is written last: if it exists, all of them do. */
function certificatesAreValid(directory: string, now: number): boolean {
  const file = (name: string) => path.join(directory, 'tls', name);
  if (!existsSync(file('ca.crt'))) return false;
  return ['gateway.crt', 'cluster.crt'].every(
    (name) => new X509Certificate(readFileSync(file(name))).validToDate.getTime() - now > week,
  );
}

async function writeCertificates(request: PrepareRequest, write: (name: string, text: string) => void): Promise<void> {
  // Its key is not kept: new certificates come from a new authority.
  const authority = await createCertificateAuthority({ name: 'Sallyport development' });
  for (const [name, dnsNames] of [
    ['gateway', request.gatewayNames],
    ['cluster', request.clusterNames],
  ] as const) {
    const issued = await authority.issue({
      commonName: `sallyport development ${name}`,
      dnsNames: [...dnsNames],
      ipAddresses: ['127.0.0.1'],
      server: true,
    });
    write(`tls/${name}.crt`, issued.certPem);
    write(`tls/${name}.key`, issued.keyPem);
  }
  write('tls/ca.crt', authority.caPem);
}
