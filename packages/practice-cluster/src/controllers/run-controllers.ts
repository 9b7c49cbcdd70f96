import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { accountOfSecret } from '../access/account-tokens.ts';
import { timestamp, type Cluster } from '../access/call.ts';
import { deployments, pods, secrets } from '../kinds/kinds.ts';
import { preparePod, runningPod } from '../kinds/prepare-pod.ts';
import { isJsonObject, textAt, valueAt, type KubeObject, type Metadata } from '../objects/kube-object.ts';
import { randomSuffix } from '../verbs/admit.ts';

const templateHash = 'pod-template-hash';

/**
 * Does the work of a controller manager and a kubelet in the simplest form: starts pods, gives deployments the requested
 * number of pods, deletes pods with their deployment, and writes tokens into Secrets. Runs right after each change.
 * Returns a function that stops it.
 */
export function runControllers(cluster: Cluster): () => void {
  let due = false;
  const reconcile = (): void => {
    due = false;
    if (cluster.closing.aborted) return;
    for (const pod of cluster.store.list(pods)) {
      if (textAt(pod, 'status.phase') === 'Pending') cluster.store.replace(pods, runningPod(pod, timestamp(cluster)));
    }
    collectOrphans(cluster);
    for (const deployment of cluster.store.list(deployments)) reconcileDeployment(cluster, deployment);
  };
  return cluster.store.subscribe(({ kind, type, object }) => {
    if (kind === secrets && type !== 'DELETED') void fillToken(cluster, object);
    if (due || (kind !== pods && kind !== deployments)) return;
    due = true;
    setImmediate(reconcile);
  });
}

/** Writes the token of a service account into a Secret that is for it. */
async function fillToken(cluster: Cluster, secret: KubeObject): Promise<void> {
  const { store, tokens } = cluster;
  const account = accountOfSecret(store, secret);
  if (account === undefined) return;
  const { namespace = '', name = '', resourceVersion } = secret.metadata;
  const { token } = await tokens.issue(account, { secret });
  // A change in the meantime has come here too.
  if (store.get(secrets, namespace, name)?.metadata.resourceVersion !== resourceVersion) return;
  const data = { namespace: btoa(namespace), token: btoa(token) };
  store.replace(secrets, { ...secret, data: { ...(secret.data as object | undefined), ...data } });
}

function collectOrphans(cluster: Cluster): void {
  const alive = new Set(cluster.store.list(deployments).map(({ metadata }) => metadata.uid));
  for (const { metadata } of cluster.store.list(pods)) {
    const owner = metadata.ownerReferences?.find(({ kind }) => kind === 'Deployment');
    if (owner !== undefined && !alive.has(owner.uid))
      cluster.store.remove(pods, metadata.namespace ?? '', metadata.name ?? '');
  }
}

function reconcileDeployment(cluster: Cluster, deployment: KubeObject): void {
  const { namespace = '', uid } = deployment.metadata;
  const hash = createHash('sha256')
    .update(JSON.stringify(valueAt(deployment, 'spec.template')))
    .digest('hex')
    .slice(0, 10);
  const wanted = Number(valueAt(deployment, 'spec.replicas'));
  const own = cluster.store
    .list(pods, namespace)
    .filter(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));
  const current = own.filter(({ metadata }) => metadata.labels?.[templateHash] === hash);
  const surplus = [...own.filter((pod) => !current.includes(pod)), ...current.slice(wanted)];
  for (const { metadata } of surplus) cluster.store.remove(pods, namespace, metadata.name ?? '');
  for (let count = current.length; count < wanted; count += 1)
    cluster.store.create(pods, newPod(cluster, deployment, hash));
  const ready = current.slice(0, wanted).filter((pod) => textAt(pod, 'status.phase') === 'Running').length;
  const status = statusOf(cluster, deployment, wanted, ready);
  if (!isDeepStrictEqual(status, deployment.status)) cluster.store.replace(deployments, { ...deployment, status });
}

function newPod(cluster: Cluster, deployment: KubeObject, hash: string): KubeObject {
  const { name = '', namespace, uid = '' } = deployment.metadata;
  const template = valueAt(deployment, 'spec.template');
  const metadata = valueAt(template, 'metadata');
  const from: Metadata = isJsonObject(metadata) ? (metadata as Metadata) : {};
  return preparePod(
    {
      apiVersion: 'v1',
      kind: 'Pod',
      spec: valueAt(template, 'spec'),
      metadata: {
        ...from,
        name: `${name}-${hash}-${randomSuffix(cluster)}`,
        generateName: `${name}-${hash}-`,
        namespace,
        uid: cluster.randomUUID(),
        creationTimestamp: timestamp(cluster),
        labels: { ...from.labels, [templateHash]: hash },
        ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true }],
      },
    },
    undefined,
  );
}

function statusOf(cluster: Cluster, deployment: KubeObject, replicas: number, ready: number): Record<string, unknown> {
  const complete = ready === replicas;
  const before = valueAt(deployment, 'status.conditions');
  const condition = (type: string, status: boolean, reason: string, message: string): Record<string, unknown> => {
    const old = (Array.isArray(before) ? before : []).find(
      (one) => isJsonObject(one) && one.type === type && one.status === (status ? 'True' : 'False'),
    ) as { lastTransitionTime?: string } | undefined;
    const since = old?.lastTransitionTime ?? timestamp(cluster);
    return {
      type,
      status: status ? 'True' : 'False',
      reason,
      message,
      lastTransitionTime: since,
      lastUpdateTime: since,
    };
  };
  return {
    observedGeneration: deployment.metadata.generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: ready,
    availableReplicas: ready,
    ...(complete ? {} : { unavailableReplicas: replicas - ready }),
    conditions: [
      condition(
        'Available',
        complete,
        complete ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
        complete ? 'Deployment has minimum availability.' : 'Deployment does not have minimum availability.',
      ),
      condition(
        'Progressing',
        true,
        complete ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated',
        complete ? 'The practice cluster runs all pods.' : 'The practice cluster is starting pods.',
      ),
    ],
  };
}
