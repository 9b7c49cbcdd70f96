import { CliError } from '../../terminal/cli-error.ts';
import { accountReferences, madeForCluster, type AccountPlace, type KubeObject } from './account-objects.ts';
import { connectorReferences } from './connector-objects.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { deleteObject, objectName, readObject } from './kube-objects.ts';
import { namespaceContents, type NamespaceContents } from './namespace-contents.ts';
import { shellWord } from '../../terminal/for-terminal.ts';

type Stored = NonNullable<Awaited<ReturnType<typeof readObject>>>;

/** What `cluster remove` does: what it deletes, in this order, and what stays and why. */
export type RemovalPlan = { remove: Stored[]; keep: { object: string; why: string }[] };

/** First what gives the account its rights. */
const order = [
  'ClusterRoleBinding',
  'ClusterRole',
  'RoleBinding',
  'Role',
  'Deployment',
  'PodDisruptionBudget',
  'NetworkPolicy',
  'Secret',
  'ConfigMap',
  'ServiceAccount',
  'Namespace',
];

/** Adds what belongs to these objects, such as the pods of a Deployment, which end with it. */
function withDependents(uids: ReadonlySet<string>, contents: NamespaceContents['contents']): ReadonlySet<string> {
  const more = contents.filter(({ uid, owners }) => !uids.has(uid) && owners.some((owner) => uids.has(owner)));
  return more.length === 0 ? uids : withDependents(new Set([...uids, ...more.map(({ uid }) => uid)]), contents);
}

async function whyNotNamespace(
  client: KubeClient,
  namespace: string,
  removed: readonly Stored[],
): Promise<string | undefined> {
  const { contents, unknown } = await namespaceContents(client, namespace);
  const ours = withDependents(new Set(removed.map(({ metadata: { uid } }) => uid)), contents);
  const other = contents.filter(({ uid }) => !ours.has(uid)).map(({ resource, name }) => `${resource}/${name}`);
  if (other.length > 0)
    return `it has other objects: ${other.slice(0, 5).join(', ')}${other.length > 5 ? ', ...' : ''}`;
  return unknown.length === 0
    ? undefined
    : `it may have other objects: ${unknown.slice(0, 5).join(', ')} cannot be listed`;
}

/** Finds what `cluster add` made for this cluster, and nothing else. */
export async function planRemoval(client: KubeClient, place: AccountPlace): Promise<RemovalPlan> {
  const remove: Stored[] = [];
  const keep: RemovalPlan['keep'] = [];
  const references = [...accountReferences(place), ...connectorReferences(place)].toSorted(
    (a, b) => order.indexOf(a.kind) - order.indexOf(b.kind),
  );
  for (const reference of references) {
    const stored = await readObject(client, reference);
    if (stored === undefined) continue;
    const owner = madeForCluster(stored);
    const why =
      owner === undefined
        ? 'it was not made by "sallyport cluster add"'
        : owner !== place.cluster
          ? `it was made for the cluster "${owner}"`
          : stored.kind === 'Namespace'
            ? await whyNotNamespace(client, place.namespace, remove)
            : undefined;
    if (why === undefined) remove.push(stored);
    else keep.push({ object: objectName(stored), why });
  }
  return { remove, keep };
}

const namespaceAttempts = 150;
const namespacePauseMs = 200;

/** Deletes what was planned. Waits until a namespace is gone. */
export async function removeAccount(
  client: KubeClient,
  { remove }: RemovalPlan,
  sleep: (ms: number) => Promise<void>,
): Promise<string[]> {
  for (const stored of remove) await deleteObject(client, stored);
  const namespace = remove.find(({ kind }) => kind === 'Namespace');
  if (namespace !== undefined) await waitUntilGone(client, namespace, sleep);
  return remove.map(objectName);
}

async function waitUntilGone(client: KubeClient, namespace: KubeObject, sleep: (ms: number) => Promise<void>) {
  for (let attempt = 0; attempt < namespaceAttempts; attempt += 1) {
    if ((await readObject(client, namespace)) === undefined) return;
    await sleep(namespacePauseMs);
  }
  throw new CliError(
    'unreachable',
    `the ${objectName(namespace)} is still being deleted`,
    `To see what holds it, run: kubectl get namespace ${shellWord(namespace.metadata.name)} -o yaml`,
  );
}
