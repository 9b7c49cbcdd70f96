import type { RequestInfo } from '@sallyport/kubernetes';
import type { Cluster } from '../access/call.ts';
import { apiVersionOf } from '../kinds/kind.ts';
import { kinds } from '../kinds/kinds.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { admitNew } from '../verbs/admit.ts';

/** Creates objects in the same way as a create request. Throws for an unknown kind. */
export function plant(cluster: Cluster, objects: readonly KubeObject[]): void {
  for (const object of objects) {
    const kind = kinds.find((one) => one.kind === object.kind && apiVersionOf(one) === object.apiVersion);
    if (kind === undefined)
      throw new Error(`the practice cluster does not support ${object.kind} in ${object.apiVersion}`);
    const info = { namespace: object.metadata.namespace ?? 'default' } as RequestInfo;
    cluster.store.create(kind, admitNew(cluster, { info }, kind, object));
  }
}

/** Returns the initial namespaces and their objects: enough to read, change and be refused. */
export function seedWorkloads(): KubeObject[] {
  const namespaces = ['default', 'kube-system', 'dev', 'prod'];
  return [
    ...namespaces.map((name): KubeObject => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...namespaces.map((namespace): KubeObject => ({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata: { name: 'default', namespace },
    })),
    node(),
    ...['dev', 'prod'].flatMap((namespace) => [
      pod('web', namespace),
      service(namespace),
      settings(namespace),
      password(namespace),
    ]),
    deployment('shop', 'dev', 2),
  ];
}

function node(): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: 'practice-node',
      labels: { 'kubernetes.io/hostname': 'practice-node', 'kubernetes.io/os': 'linux' },
    },
    spec: {},
  };
}

function pod(name: string, namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { app: name } },
    spec: {
      containers: [
        {
          name: 'web',
          image: 'registry.example/web:1.0',
          ports: [{ containerPort: 8080 }],
          env: [{ name: 'GREETING', value: `hello from ${namespace}` }],
        },
      ],
    },
  };
}

function service(namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace, labels: { app: 'web' } },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  };
}

function settings(namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web-settings', namespace },
    data: { 'log.level': namespace === 'prod' ? 'warn' : 'debug', colour: 'green' },
  };
}

function password(namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'web-password', namespace },
    stringData: { password: `practice-${namespace}-password` },
  };
}

function deployment(name: string, namespace: string, replicas: number): KubeObject {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'shop', image: 'registry.example/shop:2.1' }] } },
    },
  };
}
