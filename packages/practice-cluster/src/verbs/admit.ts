import { isDeepStrictEqual } from 'node:util';
import { isDnsSubdomain } from '@sallyport/kubernetes';
import { timestamp, type Call, type Cluster } from '../access/call.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { namespaces } from '../kinds/kinds.ts';
import { ApiError, badRequest, conflict, invalid, notFound } from '../objects/api-error.ts';
import type { KubeObject } from '../objects/kube-object.ts';

const generatedLetters = 'bcdfghjklmnpqrstvwxz2456789';

/** Creates an object from what a client sent: checks it, names it and sets the fields that only the server sets. */
export function admitNew(cluster: Cluster, call: Pick<Call, 'info'>, kind: Kind, sent: KubeObject): KubeObject {
  checkType(kind, sent);
  const { generateName } = sent.metadata;
  const name = sent.metadata.name || (generateName ? `${generateName}${randomSuffix(cluster)}` : '');
  checkName(kind, { ...sent, metadata: { ...sent.metadata, name } });
  const now = timestamp(cluster);
  const {
    managedFields: _managed,
    deletionTimestamp: _deleted,
    resourceVersion: _version,
    selfLink: _link,
    ...metadata
  } = sent.metadata;
  const object: KubeObject = {
    ...sent,
    metadata: {
      ...metadata,
      name,
      ...namespaceOf(cluster, call, kind, sent),
      uid: cluster.randomUUID(),
      creationTimestamp: now,
      ...(kind.hasGeneration && { generation: 1 }),
    },
  };
  if (kind.hasStatus) delete object.status;
  return kind.prepare?.(object, undefined, now) ?? object;
}

/**
 * Creates the next version of an object from what a client sent. `part` is the changed part: the object or its status.
 */
export function admitChange(
  cluster: Cluster,
  kind: Kind,
  previous: KubeObject,
  sent: KubeObject,
  part: 'object' | 'status',
): KubeObject {
  checkType(kind, sent);
  const { name = '', namespace, uid, creationTimestamp, resourceVersion, generation } = previous.metadata;
  if (sent.metadata.name !== undefined && sent.metadata.name !== name)
    throw badRequest(`the name of the object (${sent.metadata.name}) does not match the name on the URL (${name})`);
  if (sent.metadata.namespace !== undefined && namespace !== undefined && sent.metadata.namespace !== namespace)
    throw badRequest('the namespace of the object does not match the namespace on the request');
  if (sent.metadata.uid && sent.metadata.uid !== uid)
    throw conflict(
      kind,
      name,
      `Precondition failed: UID in precondition: ${sent.metadata.uid}, UID in object meta: ${uid}`,
    );
  if (sent.metadata.resourceVersion && sent.metadata.resourceVersion !== resourceVersion) throw conflict(kind, name);
  if (part === 'status') return { ...previous, status: sent.status };
  const { managedFields: _managed, ...metadata } = sent.metadata;
  const object: KubeObject = {
    ...sent,
    metadata: {
      ...metadata,
      name,
      namespace,
      uid,
      creationTimestamp,
      resourceVersion,
      ...(kind.hasGeneration && { generation }),
    },
  };
  if (namespace === undefined) delete object.metadata.namespace;
  if (kind.hasStatus) object.status = previous.status;
  const prepared = kind.prepare?.(object, previous, timestamp(cluster)) ?? object;
  if (kind.hasGeneration && !isDeepStrictEqual(prepared.spec, previous.spec))
    prepared.metadata = { ...prepared.metadata, generation: (generation ?? 1) + 1 };
  return prepared;
}

function checkType(kind: Kind, sent: KubeObject): void {
  if (sent.kind !== kind.kind || sent.apiVersion !== apiVersionOf(kind)) {
    throw badRequest(
      `${sent.kind} in version ${JSON.stringify(sent.apiVersion)} cannot be handled as a ${kind.kind}: the API version in the data (${sent.apiVersion}) or its kind does not match ${apiVersionOf(kind)} ${kind.kind}`,
    );
  }
}

function checkName(kind: Kind, object: KubeObject): void {
  const { name = '' } = object.metadata;
  if (name === '') throw invalid(object, 'metadata.name', 'Required value: name or generateName is required');
  const fits = kind.freeName ? !/[/%]/.test(name) && name !== '.' && name !== '..' : isDnsSubdomain(name);
  if (name.length > 253 || !fits)
    throw invalid(
      object,
      'metadata.name',
      `Invalid value: ${JSON.stringify(name)}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`,
    );
}

function namespaceOf(cluster: Cluster, call: Pick<Call, 'info'>, kind: Kind, sent: KubeObject): { namespace?: string } {
  if (!kind.namespaced) return {};
  const { namespace } = call.info;
  if (namespace === '') throw badRequest('an empty namespace may not be set during creation');
  if (sent.metadata.namespace && sent.metadata.namespace !== namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
  const home = cluster.store.get(namespaces, '', namespace);
  if (home === undefined) throw notFound(namespaces, namespace);
  if (home.metadata.deletionTimestamp !== undefined)
    throw new ApiError(
      403,
      'Forbidden',
      `unable to create new content in namespace ${namespace} because it is being terminated`,
    );
  return { namespace };
}

/** Returns five characters that cannot form words, like the suffix of a generated name in Kubernetes. */
export function randomSuffix(cluster: Pick<Cluster, 'randomUUID'>): string {
  const bytes = Buffer.from(cluster.randomUUID().replaceAll('-', ''), 'hex');
  return [...bytes.subarray(0, 5)].map((byte) => generatedLetters[byte % generatedLetters.length]).join('');
}
