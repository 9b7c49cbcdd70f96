import { createStatus, type StatusDetails } from '@sallyport/kubernetes';
import type { Call, Cluster } from '../access/call.ts';
import { readJsonOrProtobuf } from '../http/read-body.ts';
import { sendJson } from '../http/reply.ts';
import type { Kind } from '../kinds/kind.ts';
import { kinds, namespaces } from '../kinds/kinds.ts';
import { about, badRequest, conflict } from '../objects/api-error.ts';
import { isJsonObject, textAt, type KubeObject } from '../objects/kube-object.ts';
import { readDryRun } from './change.ts';
import { createSelects } from './selects.ts';

type DeleteOptions = { dryRun: boolean; uid: string; resourceVersion: string };

/** Deletes an object immediately. There is no grace period. */
export async function remove(cluster: Cluster, call: Call, kind: Kind): Promise<void> {
  const options = await readOptions(call);
  const object = cluster.store.demand(kind, call.info.namespace, call.info.name);
  const { name = '', uid, resourceVersion } = object.metadata;
  if (
    (options.uid !== '' && options.uid !== uid) ||
    (options.resourceVersion !== '' && options.resourceVersion !== resourceVersion)
  )
    throw conflict(kind, name, 'the UID or resourceVersion in the precondition does not match');
  if (!options.dryRun) erase(cluster, kind, object);
  sendSuccess(call, { ...about(kind, name), uid });
}

/** Deletes all objects that match the selectors. */
export async function removeCollection(cluster: Cluster, call: Call, kind: Kind): Promise<void> {
  const options = await readOptions(call);
  const selects = createSelects(call);
  const objects = cluster.store.list(kind, call.info.namespace).filter(selects);
  if (!options.dryRun) for (const object of objects) erase(cluster, kind, object);
  sendSuccess(call, { kind: kind.resource });
}

function sendSuccess({ response, note }: Call, details: StatusDetails): void {
  const status = createStatus({ code: 200, details });
  note({ status });
  sendJson(response, 200, status);
}

function erase(cluster: Cluster, kind: Kind, object: KubeObject): void {
  const { namespace = '', name = '' } = object.metadata;
  if (kind === namespaces) {
    for (const inner of kinds.filter(({ namespaced }) => namespaced)) {
      for (const one of cluster.store.list(inner, name))
        if (cluster.store.get(inner, name, one.metadata.name ?? '') !== undefined)
          cluster.store.remove(inner, name, one.metadata.name ?? '');
    }
  }
  cluster.store.remove(kind, namespace, name);
}

// As in a real API server, options in the query only apply to a request without a body.
async function readOptions(call: Call): Promise<DeleteOptions> {
  const options = await readJsonOrProtobuf(call.request);
  if (options === undefined) return { dryRun: readDryRun(call), uid: '', resourceVersion: '' };
  if (!isJsonObject(options)) throw badRequest('the body of a DELETE must be DeleteOptions');
  const dryRun = options.dryRun ?? [];
  if (!Array.isArray(dryRun) || !dryRun.every((one) => one === 'All'))
    throw badRequest('dryRun: Unsupported value: supported values: "All"');
  return {
    dryRun: dryRun.length > 0,
    uid: textAt(options, 'preconditions.uid'),
    resourceVersion: textAt(options, 'preconditions.resourceVersion'),
  };
}
