import type { Call, Cluster } from '../access/call.ts';
import { readObject } from '../http/read-body.ts';
import { sendJson } from '../http/reply.ts';
import type { Kind } from '../kinds/kind.ts';
import { alreadyExists } from '../objects/api-error.ts';
import { admitNew } from './admit.ts';
import { readDryRun } from './change.ts';
import { readRepresentation, represent } from './represent.ts';

/** Creates an object. */
export async function create(cluster: Cluster, call: Call, kind: Kind): Promise<void> {
  const as = readRepresentation(call.request);
  const dryRun = readDryRun(call);
  const sent = await readObject(call.request);
  if (sent.metadata.name) call.note({ name: sent.metadata.name });
  const object = admitNew(cluster, call, kind, sent);
  const { namespace = '', name = '' } = object.metadata;
  if (dryRun && cluster.store.get(kind, namespace, name) !== undefined) throw alreadyExists(kind, name);
  const stored = dryRun ? object : cluster.store.create(kind, object);
  sendJson(call.response, 201, represent(stored, as, kind, cluster.clock()));
}
