import type { Call, Cluster } from '../http/call.ts';
import { sendJson } from '../http/reply.ts';
import type { Kind } from '../kinds/kind.ts';
import { readRepresentation, represent } from './represent.ts';

/** Sends an object. */
export function get(cluster: Cluster, call: Call, kind: Kind): void {
  const as = readRepresentation(call.request);
  const object = cluster.store.demand(kind, call.info.namespace, call.info.name);
  sendJson(call.response, 200, represent(object, as, kind, cluster.clock()));
}
