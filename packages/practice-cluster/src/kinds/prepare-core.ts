import { createHash } from 'node:crypto';
import { invalid } from '../objects/api-error.ts';
import { arrayAt, isJsonObject, textAt, type KubeObject } from '../objects/kube-object.ts';

/** Labels a namespace with its name, as any cluster does, and makes it active. */
export function prepareNamespace(object: KubeObject): KubeObject {
  const labels = { ...object.metadata.labels, 'kubernetes.io/metadata.name': object.metadata.name ?? '' };
  return {
    ...object,
    metadata: { ...object.metadata, labels },
    spec: object.spec ?? { finalizers: ['kubernetes'] },
    status: { phase: 'Active' },
  };
}

/** Makes a node ready. It is simulated, like everything that runs on it. */
export function prepareNode(object: KubeObject, previous: KubeObject | undefined, now: string): KubeObject {
  if (previous !== undefined) return object;
  const nodeInfo = {
    kubeletVersion: 'v1.36.0+sallyport.practice',
    osImage: 'Practice Linux (simulated)',
    operatingSystem: 'linux',
    containerRuntimeVersion: 'practice://0',
  };
  return {
    ...object,
    status: {
      conditions: [
        {
          type: 'Ready',
          status: 'True',
          reason: 'Practice',
          message: 'nothing really runs here',
          lastTransitionTime: now,
        },
      ],
      addresses: [{ type: 'InternalIP', address: '192.0.2.1' }],
      nodeInfo,
    },
  };
}

/** Moves stringData into data and checks that data is base64. */
export function prepareSecret(object: KubeObject): KubeObject {
  const { stringData, ...secret } = object;
  const data: Record<string, unknown> = isJsonObject(secret.data) ? { ...secret.data } : {};
  for (const [key, value] of Object.entries(isJsonObject(stringData) ? stringData : {}))
    data[key] = Buffer.from(String(value)).toString('base64');
  for (const [key, value] of Object.entries(data)) {
    if (typeof value !== 'string' || Buffer.from(value, 'base64').toString('base64') !== value)
      throw invalid(object, `data[${key}]`, 'Invalid value: must be base64');
  }
  return { ...secret, data, type: textAt(secret, 'type') || 'Opaque' };
}

/** Gives a service a type and an address that leads nowhere. */
export function prepareService(object: KubeObject, previous: KubeObject | undefined): KubeObject {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  if (arrayAt(object, 'spec.ports').length === 0 && spec.type !== 'ExternalName' && spec.clusterIP !== 'None')
    throw invalid(object, 'spec.ports', 'Required value');
  const hash = createHash('sha256').update(`${object.metadata.namespace}/${object.metadata.name}`).digest();
  const clusterIP =
    textAt(object, 'spec.clusterIP') || textAt(previous, 'spec.clusterIP') || `10.96.${hash[0]}.${hash[1]}`;
  const ports = arrayAt(object, 'spec.ports').map((port) => ({ protocol: 'TCP', targetPort: port.port, ...port }));
  return {
    ...object,
    spec: { type: 'ClusterIP', sessionAffinity: 'None', ...spec, clusterIP, clusterIPs: [clusterIP], ports },
    status: { loadBalancer: {} },
  };
}
