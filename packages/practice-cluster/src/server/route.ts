import type { Call, Cluster } from '../access/call.ts';
import { answerReview, reviewResources } from '../access/reviews.ts';
import { answerDiscovery } from '../discovery/answer-discovery.ts';
import { sendJson } from '../http/reply.ts';
import type { Kind } from '../kinds/kind.ts';
import { findKind } from '../kinds/kinds.ts';
import { methodNotAllowed, unknownResource } from '../objects/api-error.ts';
import { refuseStream } from '../pods/find-container.ts';
import { openExec } from '../pods/open-exec.ts';
import { sendLog } from '../pods/send-log.ts';
import { patch, update } from '../verbs/change.ts';
import { create } from '../verbs/create.ts';
import { remove, removeCollection } from '../verbs/delete.ts';
import { issueToken } from '../verbs/issue-token.ts';
import { get, list } from '../verbs/list.ts';
import { toScale } from '../verbs/scale.ts';
import { watch } from '../verbs/watch.ts';

type Answer = (cluster: Cluster, call: Call, kind: Kind) => void | Promise<void>;

const byVerb: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ['get', get],
  ['list', list],
  ['watch', watch],
  ['create', create],
  ['update', update],
  ['patch', patch],
  ['delete', remove],
  ['deletecollection', removeCollection],
]);

type SubresourceAnswer = (cluster: Cluster, call: Call) => void | Promise<void>;

const bySubresource: ReadonlyMap<string, SubresourceAnswer> = new Map<string, SubresourceAnswer>([
  ['pods/log', sendLog],
  ['pods/exec', openExec],
  ['pods/attach', refuseStream],
  ['pods/portforward', refuseStream],
  ['serviceaccounts/token', issueToken],
]);

/** Routes an authorized request to its handler. */
export async function route(cluster: Cluster, call: Call): Promise<void> {
  const { info } = call;
  if (!info.isResourceRequest) {
    if (info.requestVerb !== 'get' && info.requestVerb !== 'head') throw methodNotAllowed();
    return answerDiscovery(cluster, call);
  }
  if (reviewResources.get(info.resource) === info.apiGroup && info.apiVersion === 'v1')
    return answerReview(cluster, call);
  const kind = findKind(info.apiGroup, info.apiVersion, info.resource);
  if (kind === undefined || (info.parts.length > 3 && info.subresource !== 'proxy')) throw unknownResource();
  if (info.subresource === '') return plain(cluster, call, kind);
  const sub = kind.subresources.find(({ name }) => name === info.subresource);
  if (sub === undefined) throw unknownResource();
  if (!sub.verbs.includes(info.requestVerb)) throw methodNotAllowed();
  const answer = bySubresource.get(`${kind.resource}/${sub.name}`);
  if (answer !== undefined) return answer(cluster, call);
  if (info.requestVerb === 'update') return update(cluster, call, kind);
  if (info.requestVerb === 'patch') return patch(cluster, call, kind);
  return readPart(cluster, call, kind);
}

async function plain(cluster: Cluster, call: Call, kind: Kind): Promise<void> {
  const { requestVerb, name } = call.info;
  const answer = kind.verbs.includes(requestVerb) ? byVerb.get(requestVerb) : undefined;
  // A collection cannot be updated or patched, and an object cannot be created at its own path.
  const misplaced = name === '' ? requestVerb === 'update' || requestVerb === 'patch' : requestVerb === 'create';
  if (answer === undefined || misplaced) throw methodNotAllowed();
  await answer(cluster, call, kind);
}

function readPart(cluster: Cluster, call: Call, kind: Kind): void {
  if (call.info.subresource !== 'scale') return get(cluster, call, kind);
  sendJson(call.response, 200, toScale(cluster.store.demand(kind, call.info.namespace, call.info.name)));
}
