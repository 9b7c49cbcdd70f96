import type { FaultList } from '../compile/fault-list.ts';
import { covers, holdsFor, indicesOf, placeOf, type Block } from './block.ts';

const node = { isResourceRequest: true, apiGroup: '', resource: 'nodes', subresource: 'proxy' };
const secret = { isResourceRequest: true, apiGroup: '', resource: 'secrets', subresource: '' };
const reads = ['get', 'list', 'watch'];
const writes = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** True if a rule names a resource, as opposed to meaning everything. */
const names = ({ alternative }: Block, index: number, resource: RegExp) =>
  JSON.stringify(alternative.data[index]).match(resource) !== null;

function warnOfNodeProxy(allow: Block, index: number, denials: readonly Block[], warnings: FaultList): void {
  if (!names(allow, index, /nodes\/|\*\/(?:\*|proxy)/) || !holdsFor(allow, index, node)) return;
  const byNamespace = denials.find((one) => indicesOf(one, 'k8s/namespace').length > 0);
  if (byNamespace) {
    warnings.add(
      placeOf(allow, index),
      `allows nodes/proxy, which reaches the pods of every namespace: ${byNamespace.alternative.name} denies by namespace, and so denies all of it to those whom it is about`,
      'leave one of them out, or say in the deny whom it is not about',
    );
  }
  if (
    allow.alternative.every &&
    covers(allow, { ...node, verb: 'get' }) &&
    !covers(allow, { ...node, verb: 'create' })
  ) {
    warnings.add(
      placeOf(allow, index),
      'allows nodes/proxy without create: a kubelet runs commands for any verb, so that all of it is judged as create as well, which this rule does not allow',
      'add create to k8s/verb where that is meant',
    );
  }
}

function warnOfSecrets(allow: Block, index: number, denials: readonly Block[], warnings: FaultList): void {
  if (!names(allow, index, /secrets/) || !writes.some((verb) => covers(allow, { ...secret, verb }))) return;
  const unread = denials.find(
    (one) =>
      indicesOf(one, 'k8s/resource').length > 0 &&
      reads.some((verb) => covers(one, { ...secret, verb })) &&
      !writes.every((verb) => covers(one, { ...secret, verb })),
  );
  if (unread)
    warnings.add(
      placeOf(allow, index),
      `allows writes of secrets, whose answers hold them: ${unread.alternative.name} denies that they are read, and so denies the writes to those whom it is about`,
      'leave one of them out, or say in the deny whom it is not about',
    );
}

/** Warns of rules that allow what another rule takes away again, or what they cannot give by themselves. */
export function warnOfAllows(allows: readonly Block[], denials: readonly Block[], warnings: FaultList): void {
  for (const allow of allows) {
    if (allow.alternative.invert) continue;
    for (const index of indicesOf(allow, 'k8s/resource')) {
      warnOfNodeProxy(allow, index, denials, warnings);
      warnOfSecrets(allow, index, denials, warnings);
    }
  }
}
