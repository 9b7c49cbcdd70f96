import { createCertificateAuthority } from '@sallyport/bed';
import type { Manifest } from './manifests.ts';

/** Returns the Secrets that k8s/overlays/tls expects, as cert-manager creates them from k8s/examples/certificates.yaml. */
export async function internalCertificates(): Promise<Manifest[]> {
  const authority = await createCertificateAuthority({ name: 'internal' });
  return Promise.all(
    ['authenticate', 'authorize', 'audit'].map(async (service) => {
      const { certPem, keyPem } = await authority.issue({ commonName: service, dnsNames: [service], server: true });
      return {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: `sallyport-${service}-tls` },
        stringData: { 'tls.crt': certPem, 'tls.key': keyPem, 'ca.crt': authority.caPem },
      };
    }),
  );
}
