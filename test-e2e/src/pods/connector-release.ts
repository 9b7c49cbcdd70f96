import { generateKeyPairSync } from 'node:crypto';
import path from 'node:path';
import type { ChartValues } from '../deployment/render-chart.ts';
import { repository } from '../deployment/manifests.ts';
import { publicHalves, theBed } from '../harness/index.ts';
import { releaseIn, type Release } from './release.ts';

const secretName = 'sallyport-connector';

/** A connector that is not installed yet. */
export type PreparedConnector = {
  /** Its entry in `connectors` of the gateway. */
  entry: { name: string; publicKeys: string[] };
  /** The entry of the cluster behind it. The file of its authority and its policy are missing. */
  cluster: Record<string, unknown>;
  /** The ServiceAccount of the gateway there. */
  account: string;
  secretName: string;
  /** Of the connector, in the namespace that has its name. */
  release: Release;
  /** Installs its chart, and waits until its pods are connected. */
  install(gateway: { url: string; publicKey: string; ca: string }, values?: ChartValues): Promise<string>;
};

/** Makes the namespace and the key of a connector. Its chart makes the rest. */
export async function prepareConnector(name: string, groups: readonly string[]): Promise<PreparedConnector> {
  const { admin } = theBed().cluster!;
  const { privateKey } = generateKeyPairSync('ed25519');
  await admin.apply({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } },
  });
  await admin.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: secretName, namespace: name },
    stringData: { 'private.pem': privateKey.export({ type: 'pkcs8', format: 'pem' }) },
  });
  const account = `${name}-gateway`;
  const release = releaseIn(name);
  return {
    entry: { name, publicKeys: [publicHalves(privateKey).trim()] },
    cluster: {
      name,
      connector: name,
      server: 'https://kubernetes.default.svc',
      credential: 'connector',
      impersonate: { groups },
    },
    account,
    secretName,
    release,
    install({ url, publicKey, ca }, values = {}) {
      const chart = path.join(repository, 'charts/sallyport-connector');
      return release.helm(['install', secretName, chart, '--wait', '--timeout=240s'], {
        gateway: { url, publicKeys: [publicKey.trim()], ca },
        gatewayAccount: { name: account, impersonate: { groups } },
        ...values,
      });
    },
  };
}
