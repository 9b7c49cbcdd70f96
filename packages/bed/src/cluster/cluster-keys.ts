import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  createCertificateAuthority,
  type CertificateAuthority,
  type IssuedCertificate,
} from '../certificates/certificate-authority.ts';
import { kubeconfig } from './kubeconfig.ts';

/** The initial keys of a cluster, as files. Each function writes what one component needs. */
export type ClusterKeys = {
  caPem: string;
  caFile: string;
  caKeyFile: string;
  authority: CertificateAuthority;
  admin: IssuedCertificate;
  serviceAccountKeyFile: string;
  serviceAccountPublicKeyFile: string;
  /** Issues a certificate and returns the paths of it and its key. */
  pair(
    name: string,
    request: Parameters<CertificateAuthority['issue']>[0],
  ): Promise<{ certFile: string; keyFile: string }>;
  /** Issues a client certificate and returns a kubeconfig that uses it. */
  kubeconfigFile(
    name: string,
    subject: { commonName: string; organizations?: string[] },
    server: string,
  ): Promise<string>;
};

/** Creates the cluster's authority and its keys in a directory. */
export async function createClusterKeys(directory: string): Promise<ClusterKeys> {
  const authority = await createCertificateAuthority({ name: 'sallyport bed cluster' });
  const write = (name: string, text: string): string => {
    const file = path.join(directory, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  const serviceAccounts = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    authority,
    caPem: authority.caPem,
    caFile: write('ca.crt', authority.caPem),
    caKeyFile: write('ca.key', authority.keyPem),
    admin: await authority.issue({ commonName: 'bed-admin', organizations: ['system:masters'], client: true }),
    serviceAccountKeyFile: write(
      'service-accounts.key',
      serviceAccounts.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ),
    serviceAccountPublicKeyFile: write(
      'service-accounts.pub',
      serviceAccounts.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    ),
    pair: async (name, request) => {
      const issued = await authority.issue(request);
      return { certFile: write(`${name}.crt`, issued.certPem), keyFile: write(`${name}.key`, issued.keyPem) };
    },
    kubeconfigFile: async (name, subject, server) => {
      const user = await authority.issue({ ...subject, client: true });
      return write(`${name}.kubeconfig`, kubeconfig({ server, caPem: authority.caPem, user }));
    },
  };
}
