import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createCertificateAuthority } from '@sallyport/bed';
import { parse, stringify } from 'yaml';
import { internalCertificates } from '../deployment/internal-certificates.ts';
import { renderSecrets, repository, type Manifest } from '../deployment/manifests.ts';
import type { Closers } from '../harness/closers.ts';
import { clientId, clientSecret, openProvider } from '../harness/open-provider.ts';
import { createPerson, type Person } from '../harness/person.ts';
import { runDirectory, theBed } from '../harness/index.ts';
import { dataObjects, dataUrls } from './cluster-data.ts';

/** The port of the node at which the gateway is reached, as a load balancer would. */
const nodePort = 30_443;

const accounts = {
  'alice@example.com': ['developers'],
  'carol@example.com': ['security-auditors'],
  'mallory@example.com': [],
};

/** Sallyport in the cluster of the bed, which it guards itself. */
export type Installation = {
  url: string;
  caFile: string;
  /** What an operator applies: a directory for `kubectl apply -k`. */
  overlay: string;
  /** Logs a person in, and returns them at a terminal with a kubeconfig. */
  person(user: keyof typeof accounts): Promise<Person>;
};

/** What an operator changes in sallyport.yaml of the manifests. */
export type ManifestConfig = {
  gateway: { url: string; http2?: boolean };
  identity: { providers: { issuer: string; clientId: string; allowInsecureIssuer?: boolean }[] };
  clusters: Record<string, unknown>[];
  connectors?: object[];
  streams?: object;
  services: { proxy: { peer?: unknown } };
  recordings?: unknown;
  elevations?: object[];
};

/**
 * Prepares everything that the manifests expect, and writes an overlay that changes as little as an operator must: the
 * address of the gateway and the provider. Applies nothing of the manifests, which are those of a directory of k8s/.
 * `images` are those of another version.
 */
export async function prepareInstallation(
  closers: Closers,
  manifests: 'k8s' | 'k8s/overlays/tls' = 'k8s',
  change: (config: ManifestConfig) => void = () => {},
  images: readonly { name: string; newTag: string }[] = [],
): Promise<Installation> {
  const bed = theBed();
  const { admin, network } = bed.cluster!;
  const directory = path.join(runDirectory(), 'installation');
  mkdirSync(directory, { recursive: true });
  closers.add(async () => rmSync(directory, { recursive: true, force: true }));
  const url = `https://${network!.node}:${nodePort}`;
  const people = Object.entries(accounts).map(([user, groups]) => ({
    user,
    email: user,
    name: user,
    groups,
    password: user.split('@')[0]!,
  }));
  const provider = await openProvider(people, closers, network!.host);
  provider.register(url);
  const overlay = writeOverlay(directory, manifests, { url, issuer: provider.issuer(), change, images });
  const authority = await createCertificateAuthority({ name: 'gateway' });
  const caFile = path.join(directory, 'gateway-ca.crt');
  writeFileSync(caFile, authority.caPem);
  const certificate = await authority.issue({ commonName: 'gateway', ipAddresses: [network!.node], server: true });
  await admin.apply(...dataObjects(bed), ...workObjects());
  await admin.kubectl(['apply', '-f', path.join(repository, 'k8s/base/namespace.yaml')]);
  await admin.apply(...(await filledSecrets({ 'tls.crt': certificate.certPem, 'tls.key': certificate.keyPem })));
  if (manifests === 'k8s/overlays/tls') await admin.apply(...inNamespace(await internalCertificates()));
  const gateway = { url, caFile, caPem: authority.caPem, directory, kubectl: bed.kubectl! };
  const person = async (user: keyof typeof accounts) => {
    const one = await createPerson(gateway, { user, password: user.split('@')[0]!, cluster: 'home' });
    await one.login();
    return one;
  };
  return { url, caFile, overlay, person };
}

function writeOverlay(
  directory: string,
  manifests: string,
  {
    url,
    issuer,
    change,
    images,
  }: { url: string; issuer: string; change(config: ManifestConfig): void; images: object },
): string {
  const overlay = path.join(directory, 'overlay');
  mkdirSync(overlay);
  const config = parse(
    readFileSync(path.join(repository, manifests === 'k8s' ? 'k8s/base' : manifests, 'sallyport.yaml'), 'utf8'),
  ) as ManifestConfig;
  change(config);
  config.gateway.url = url;
  Object.assign(config.identity.providers[0]!, { issuer, clientId, allowInsecureIssuer: true });
  writeFileSync(path.join(overlay, 'sallyport.yaml'), stringify(config));
  const kustomization = {
    apiVersion: 'kustomize.config.k8s.io/v1beta1',
    kind: 'Kustomization',
    namespace: 'sallyport',
    images,
    resources: [path.relative(overlay, path.join(repository, manifests))],
    configMapGenerator: [
      {
        name: 'sallyport-config',
        behavior: 'replace',
        files: ['sallyport.yaml'],
        options: { disableNameSuffixHash: true },
      },
    ],
    patches: [
      {
        target: { kind: 'Service', name: 'proxy' },
        patch: stringify([{ op: 'add', path: '/spec/ports/0/nodePort', value: nodePort }]),
      },
    ],
  };
  writeFileSync(path.join(overlay, 'kustomization.yaml'), stringify(kustomization));
  return overlay;
}

/** The Secrets of the scripts and of the example, with real values in the places of the example's. */
async function filledSecrets(tls: Record<string, string>): Promise<object[]> {
  const { redis, postgres } = dataUrls(theBed());
  const values: Record<string, Record<string, string>> = {
    'sallyport-oidc': { 'client-secret': clientSecret },
    'sallyport-redis': { url: redis },
    'sallyport-postgres': { url: postgres },
    'sallyport-gateway-tls': tls,
  };
  return (await renderSecrets()).map((one) => {
    const stringData = values[one.metadata.name] ?? one.stringData;
    return { ...one, ...(stringData && { stringData }) };
  });
}

function inNamespace(objects: readonly Manifest[]): object[] {
  return objects.map((one) => ({ ...one, metadata: { ...one.metadata, namespace: 'sallyport' } }));
}

/** A namespace in which developers work, with a pod. */
function workObjects(): object[] {
  const namespace = 'dev';
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'developers', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
      subjects: [{ kind: 'Group', name: 'developers', apiGroup: 'rbac.authorization.k8s.io' }],
    },
  ];
}
