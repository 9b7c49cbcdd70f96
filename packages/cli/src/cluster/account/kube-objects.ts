import type { KubeObject } from './account-objects.ts';
import { expectKube, type KubeClient } from '../kube/kube-client.ts';

type Stored = KubeObject & { metadata: KubeObject['metadata'] & { uid: string; resourceVersion: string } };

const plurals: Record<string, string> = {
  Namespace: 'namespaces',
  ServiceAccount: 'serviceaccounts',
  Secret: 'secrets',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ConfigMap: 'configmaps',
  Deployment: 'deployments',
  NetworkPolicy: 'networkpolicies',
  PodDisruptionBudget: 'poddisruptionbudgets',
};

export function resourceOf({ apiVersion, kind }: KubeObject): { group: string; resource: string } {
  return { group: apiVersion.includes('/') ? apiVersion.split('/')[0]! : '', resource: plurals[kind]! };
}

/** Names an object for people, such as `ServiceAccount sallyport/sallyport-gateway`. */
export function objectName({ kind, metadata: { name, namespace } }: KubeObject): string {
  return `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

function collectionPath(object: KubeObject): string {
  const { apiVersion, metadata } = object;
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const within = metadata.namespace === undefined ? '' : `/namespaces/${metadata.namespace}`;
  return `${root}${within}/${resourceOf(object).resource}`;
}

const objectPath = (object: KubeObject): string => `${collectionPath(object)}/${object.metadata.name}`;

const what = (object: KubeObject) => `the ${objectName(object)}`;

/** Reads an object. Returns undefined if it does not exist. */
export async function readObject(client: KubeClient, object: KubeObject): Promise<Stored | undefined> {
  const answer = await client.ask({ path: objectPath(object) });
  return answer.status === 404 ? undefined : (expectKube(answer, { verb: 'get', what: what(object) }) as Stored);
}

export async function createObject(client: KubeClient, object: KubeObject): Promise<void> {
  const answer = await client.ask({ method: 'POST', path: collectionPath(object), json: object });
  expectKube(answer, { verb: 'create', what: what(object) });
}

/** Replaces fields of an object that has not changed since it was read. */
export async function patchObject(client: KubeClient, stored: Stored, fields: Record<string, unknown>): Promise<void> {
  const { resourceVersion } = stored.metadata;
  const json = { ...fields, metadata: { ...(fields['metadata'] as object | undefined), resourceVersion } };
  const answer = await client.ask({ method: 'PATCH', path: objectPath(stored), json });
  expectKube(answer, { verb: 'patch', what: what(stored) });
}

/** Deletes the object that was read, and not another one of the same name. */
export async function deleteObject(client: KubeClient, stored: Stored): Promise<void> {
  const json = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid: stored.metadata.uid } };
  const answer = await client.ask({ method: 'DELETE', path: objectPath(stored), json });
  if (answer.status !== 404) expectKube(answer, { verb: 'delete', what: what(stored) });
}
