import { fieldOf, textOf, listOf } from '../../input/untrusted.ts';
import { expectKube, type KubeClient } from '../kube/kube-client.ts';

type Content = { resource: string; name: string; uid: string; owners: string[] };
/** What is in a namespace, without what Kubernetes puts into each. `unknown` lists the kinds that cannot be listed. */
export type NamespaceContents = { contents: Content[]; unknown: string[] };

/** What Kubernetes, OpenShift and Istio put into every namespace, and what only describes other objects. */
const ofEveryNamespace = new Set([
  'serviceaccounts/default',
  'configmaps/kube-root-ca.crt',
  'configmaps/openshift-service-ca.crt',
  'configmaps/istio-ca-root-cert',
]);
const passing = new Set(['events']);
const atOnce = 8;

/** Returns the paths of all API versions: that of the core, and the preferred one of each group. */
async function groupPaths(client: KubeClient): Promise<string[]> {
  const body = expectKube(await client.ask({ path: '/apis' }), { verb: 'list', what: 'the API groups' });
  const versions = listOf(fieldOf(body, 'groups')).map((group) =>
    textOf(fieldOf(fieldOf(group, 'preferredVersion'), 'groupVersion')),
  );
  return ['/api/v1', ...versions.filter((version) => version !== '').map((version) => `/apis/${version}`)];
}

/** Returns the kinds of a version that have a namespace and can be listed. */
async function kindsOf(client: KubeClient, path: string): Promise<{ path: string; name: string }[] | undefined> {
  const { status, body } = await client.ask({ path });
  if (status !== 200) return undefined;
  return listOf(fieldOf(body, 'resources'))
    .filter((one) => fieldOf(one, 'namespaced') === true && listOf(fieldOf(one, 'verbs')).includes('list'))
    .map((one) => ({ path, name: textOf(fieldOf(one, 'name')) }))
    .filter(({ name }) => !passing.has(name));
}

async function mapFew<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += atOnce)
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(work))));
  return results;
}

/** Lists everything in a namespace, of every kind that the cluster serves. Reads only metadata. */
export async function namespaceContents(client: KubeClient, namespace: string): Promise<NamespaceContents> {
  const paths = await groupPaths(client);
  const kinds = await mapFew(paths, (path) => kindsOf(client, path));
  const unknown = paths.filter((_path, index) => kinds[index] === undefined);
  const accept = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
  const lists = await mapFew(
    kinds.flatMap((some) => some ?? []),
    async ({ path, name }) => {
      const answer = await client.ask({
        path: `${path}/namespaces/${namespace}/${name}?limit=50`,
        headers: { accept },
      });
      if (answer.status !== 200) {
        // A kind that allows no list in this way, such as that of a webhook, has no objects.
        if (answer.status !== 404 && answer.status !== 405) unknown.push(name);
        return [];
      }
      return listOf(fieldOf(answer.body, 'items')).map((item) => {
        const metadata = fieldOf(item, 'metadata');
        const [own, uid] = [textOf(fieldOf(metadata, 'name')), textOf(fieldOf(metadata, 'uid'))];
        const owners = listOf(fieldOf(metadata, 'ownerReferences')).map((one) => textOf(fieldOf(one, 'uid')));
        return { resource: name, name: own, uid, owners };
      });
    },
  );
  // What has no uid is not stored, such as the metrics of pods.
  const contents = lists
    .flat()
    .filter(({ resource, name, uid }) => uid !== '' && !ofEveryNamespace.has(`${resource}/${name}`));
  return { contents, unknown };
}
