import { parameter, type Call, type Cluster } from '../access/call.ts';
import { sendJson } from '../http/reply.ts';
import { apiVersionOf, type Kind } from '../kinds/kind.ts';
import { ApiError, badRequest } from '../objects/api-error.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { readRepresentation, toMetadata, toTable, represent } from './represent.ts';
import { createSelects } from './selects.ts';

/** Sends the objects that match the selectors, in pages if a limit is set. */
export function list(cluster: Cluster, call: Call, kind: Kind): void {
  const as = readRepresentation(call.request);
  const selects = createSelects(call);
  const all = cluster.store.list(kind, call.info.namespace).filter(selects);
  const { items, rest, next } = page(call, all);
  const resourceVersion = String(cluster.store.version);
  const more = { ...(next !== undefined && { continue: next, remainingItemCount: rest }) };
  if (as === 'table')
    return sendJson(call.response, 200, toTable(items, { kind, now: cluster.clock(), resourceVersion, more }));
  const metadata = { resourceVersion, ...more };
  if (as === 'metadata')
    return sendJson(call.response, 200, {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata,
      items: items.map(toMetadata),
    });
  return sendJson(call.response, 200, { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata, items });
}

type Page = { items: KubeObject[]; rest: number; next?: string };

// The token names the last object that was sent, so that the next page is correct even if the list has changed.
function page(call: Call, all: KubeObject[]): Page {
  const limit = Number(parameter(call, 'limit') || '0');
  if (!Number.isSafeInteger(limit) || limit < 0) throw badRequest('limit must be a non-negative integer');
  const after = readToken(parameter(call, 'continue'));
  const left = after === undefined ? all : all.filter((object) => keyOf(object) > after);
  if (limit === 0 || left.length <= limit) return { items: left, rest: 0 };
  const items = left.slice(0, limit);
  return {
    items,
    rest: left.length - limit,
    next: Buffer.from(JSON.stringify({ after: keyOf(items.at(-1)!) })).toString('base64url'),
  };
}

function readToken(token: string): string | undefined {
  if (token === '') return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    if (typeof value === 'object' && value !== null && 'after' in value && typeof value.after === 'string')
      return value.after;
  } catch {
    // Refused below.
  }
  throw new ApiError(400, 'BadRequest', 'continue key is not valid');
}

function keyOf({ metadata }: KubeObject): string {
  return metadata.namespace === undefined ? (metadata.name ?? '') : `${metadata.namespace}/${metadata.name}`;
}

/** Sends an object. */
export function get(cluster: Cluster, call: Call, kind: Kind): void {
  const as = readRepresentation(call.request);
  const object = cluster.store.demand(kind, call.info.namespace, call.info.name);
  sendJson(call.response, 200, represent(object, as, kind, cluster.clock()));
}
