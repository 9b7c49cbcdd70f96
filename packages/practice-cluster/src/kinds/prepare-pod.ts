import { createHash } from 'node:crypto';
import { invalid } from '../objects/api-error.ts';
import { arrayAt, isJsonObject, type JsonObject, type KubeObject } from '../objects/kube-object.ts';

/** Checks a pod, assigns it to the only node and leaves it pending. The cluster starts it a moment later. */
export function preparePod(object: KubeObject, previous: KubeObject | undefined): KubeObject {
  const spec = isJsonObject(object.spec) ? object.spec : {};
  const containers = checkContainers(object, 'spec.containers', spec.containers);
  const ready: KubeObject = {
    ...object,
    spec: {
      restartPolicy: 'Always',
      dnsPolicy: 'ClusterFirst',
      serviceAccountName: 'default',
      terminationGracePeriodSeconds: 30,
      nodeName: 'practice-node',
      ...spec,
      containers,
    },
  };
  if (previous === undefined)
    ready.status = {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: object.metadata.creationTimestamp }],
      qosClass: 'BestEffort',
    };
  return ready;
}

/** Checks a list of containers and fills in their defaults. */
export function checkContainers(object: KubeObject, path: string, value: unknown): JsonObject[] {
  const containers = Array.isArray(value) ? value.filter(isJsonObject) : [];
  if (containers.length === 0) throw invalid(object, path, 'Required value');
  const seen = new Set<unknown>();
  for (const [index, container] of containers.entries()) {
    for (const field of ['name', 'image']) {
      if (typeof container[field] !== 'string' || container[field] === '')
        throw invalid(object, `${path}[${index}].${field}`, 'Required value');
    }
    if (seen.has(container.name))
      throw invalid(object, `${path}[${index}].name`, `Duplicate value: "${String(container.name)}"`);
    seen.add(container.name);
  }
  return containers.map((container) => ({
    resources: {},
    imagePullPolicy: 'IfNotPresent',
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    ...container,
  }));
}

/** Returns the pod as a kubelet would report it when it runs. */
export function runningPod(pod: KubeObject, now: string): KubeObject {
  const hash = createHash('sha256')
    .update(pod.metadata.uid ?? '')
    .digest();
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
    type,
    status: 'True',
    lastTransitionTime: now,
  }));
  const containerStatuses = arrayAt(pod, 'spec.containers').map(({ name, image }) => ({
    name,
    image,
    ready: true,
    started: true,
    restartCount: 0,
    imageID: `practice://${String(image)}`,
    containerID: `practice://${hash.toString('hex')}`,
    state: { running: { startedAt: now } },
    lastState: {},
  }));
  const podIP = `10.244.0.${1 + (hash[0]! % 254)}`;
  return {
    ...pod,
    status: {
      phase: 'Running',
      conditions,
      hostIP: '192.0.2.1',
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: now,
      containerStatuses,
      qosClass: 'BestEffort',
    },
  };
}
