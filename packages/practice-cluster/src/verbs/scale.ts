import { badRequest } from '../objects/api-error.ts';
import { isJsonObject, valueAt, type KubeObject } from '../objects/kube-object.ts';

/** Returns the scale of a deployment (autoscaling/v1). */
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

/** Returns the deployment with the number of replicas in a scale. */
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
