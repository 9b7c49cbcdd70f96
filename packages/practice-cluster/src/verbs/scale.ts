import { badRequest } from '../api-error.ts';
import { isJsonObject, valueAt } from '../kube-object.ts';
import type { KubeObject } from '../kube-object.ts';

/** A deployment's scale as an object of its own (autoscaling/v1). */
export function toScale({ metadata, spec, status }: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const labels = valueAt(spec, 'selector.matchLabels');
  const selector = isJsonObject(labels)
    ? Object.entries(labels)
        .map(([key, value]) => `${key}=${String(value)}`)
        .join(',')
    : '';
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: valueAt(spec, 'replicas') },
    status: { replicas: valueAt(status, 'replicas') ?? 0, selector },
  };
}

/** The deployment with the number of replicas that a scale asks for. */
export function fromScale(deployment: KubeObject, scale: KubeObject): KubeObject {
  const replicas = valueAt(scale, 'spec.replicas') ?? 0;
  if (scale.kind !== 'Scale' || typeof replicas !== 'number')
    throw badRequest('the body must be a Scale of autoscaling/v1 with a number of replicas');
  const spec = isJsonObject(deployment.spec) ? deployment.spec : {};
  return {
    ...deployment,
    metadata: { ...deployment.metadata, resourceVersion: scale.metadata.resourceVersion },
    spec: { ...spec, replicas },
  };
}
