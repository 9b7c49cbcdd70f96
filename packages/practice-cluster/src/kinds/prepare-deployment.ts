import { invalid } from '../objects/api-error.ts';
import { isJsonObject, valueAt, type KubeObject } from '../objects/kube-object.ts';
import { checkContainers } from './prepare-pod.ts';

/** Checks a deployment and fills in its defaults. */
export function prepareDeployment(object: KubeObject, previous: KubeObject | undefined): KubeObject {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const template = isJsonObject(spec.template) ? spec.template : {};
  const podSpec = isJsonObject(template.spec) ? template.spec : {};
  const containers = checkContainers(object, 'spec.template.spec.containers', podSpec.containers);
  const wanted = valueAt(spec, 'selector.matchLabels');
  const labels = valueAt(template, 'metadata.labels');
  if (!isJsonObject(wanted) || Object.keys(wanted).length === 0)
    throw invalid(object, 'spec.selector', 'Required value');
  if (!isJsonObject(labels) || !Object.entries(wanted).every(([key, value]) => labels[key] === value))
    throw invalid(
      object,
      'spec.template.metadata.labels',
      'Invalid value: `selector` does not match template `labels`',
    );
  if (previous !== undefined && JSON.stringify(valueAt(previous, 'spec.selector')) !== JSON.stringify(spec.selector))
    throw invalid(object, 'spec.selector', 'Invalid value: field is immutable');
  const replicas = spec.replicas ?? 1;
  if (!Number.isInteger(replicas) || (replicas as number) < 0)
    throw invalid(object, 'spec.replicas', 'Invalid value: must be greater than or equal to 0');
  if ((replicas as number) > 100)
    throw invalid(object, 'spec.replicas', 'Invalid value: the practice cluster runs at most 100 pods of a deployment');
  return {
    ...object,
    spec: {
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
      ...spec,
      replicas,
      template: { ...template, spec: { restartPolicy: 'Always', ...podSpec, containers } },
    },
    status: previous?.status ?? object.status ?? {},
  };
}
