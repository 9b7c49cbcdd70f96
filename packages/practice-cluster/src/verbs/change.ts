import { isDeepStrictEqual } from 'node:util';
import { parameter, type Call, type Cluster } from '../access/call.ts';
import { asObject, mediaType, parseJson, readBody, readObject } from '../http/read-body.ts';
import { sendJson } from '../http/reply.ts';
import type { Kind } from '../kinds/kind.ts';
import { unknownResource, badRequest } from '../objects/api-error.ts';
import type { KubeObject } from '../objects/kube-object.ts';
import { patchFor } from '../patch/apply-patch.ts';
import { admitChange } from './admit.ts';
import { readRepresentation, represent } from './represent.ts';
import { fromScale, toScale } from './scale.ts';

/** Reports whether the request has `dryRun=All`. Refuses any other value. */
export function readDryRun(call: Pick<Call, 'target'>): boolean {
  const value = parameter(call, 'dryRun');
  if (value !== '' && value !== 'All')
    throw badRequest(`dryRun: Unsupported value: ${JSON.stringify(value)}: supported values: "All"`);
  return value === 'All';
}

type Part = 'object' | 'status' | 'scale';

/** Replaces an object, its status or its scale (PUT). */
export async function update(cluster: Cluster, call: Call, kind: Kind): Promise<void> {
  const sent = await readObject(call.request);
  await change(cluster, call, kind, () => sent);
}

/** Patches an object, its status or its scale. */
export async function patch(cluster: Cluster, call: Call, kind: Kind): Promise<void> {
  const apply = patchFor(mediaType(call.request));
  const body = parseJson(await readBody(call.request));
  await change(cluster, call, kind, (before) => asObject(apply(before, body)));
}

async function change(
  cluster: Cluster,
  call: Call,
  kind: Kind,
  next: (before: KubeObject) => KubeObject,
): Promise<void> {
  const as = readRepresentation(call.request);
  const part = partOf(call, kind);
  const dryRun = readDryRun(call);
  const previous = cluster.store.demand(kind, call.info.namespace, call.info.name);
  const wanted = part === 'scale' ? fromScale(previous, next(toScale(previous))) : next(previous);
  const object = admitChange(cluster, kind, previous, wanted, part === 'status' ? 'status' : 'object');
  // As in a real cluster, a change without an effect keeps the resource version.
  const stored = dryRun || isDeepStrictEqual(object, previous) ? object : cluster.store.replace(kind, object);
  if (part === 'scale') return sendJson(call.response, 200, toScale(stored));
  return sendJson(call.response, 200, represent(stored, as, kind, cluster.clock()));
}

function partOf(call: Call, kind: Kind): Part {
  const { subresource } = call.info;
  if (subresource === '') return 'object';
  if (
    (subresource === 'status' || subresource === 'scale') &&
    kind.subresources.some(({ name }) => name === subresource)
  )
    return subresource;
  throw unknownResource();
}
