import type { FaultList } from '../../document/fault-list.ts';
import { covers, holdsFor, indicesOf, labelOf, placeOf, type Block } from '../blocks/block.ts';

const node = { isResourceRequest: true, apiGroup: '', resource: 'nodes', subresource: 'proxy' };
const secret = { isResourceRequest: true, apiGroup: '', resource: 'secrets', subresource: '' };
const reads = ['get', 'list', 'watch'];
const writes = ['create', 'update', 'patch', 'delete', 'deletecollection'];

/** Reports whether a rule names a resource instead of matching everything. */
const names = ({ alternative }: Block, index: number, resource: RegExp) =>
  JSON.stringify(alternative.data[index]).match(resource) !== null;

function warnOfNodeProxy(allow: Block, index: number, denials: readonly Block[], warnings: FaultList): void {
  if (!names(allow, index, /nodes\/|\*\/(?:\*|proxy)/) || !holdsFor(allow, index, node)) return;
  const byNamespace = denials.find((one) => indicesOf(one, 'k8s/namespace').length > 0);
  if (byNamespace) {
    warnings.add(
      placeOf(allow, index),
      `allows nodes/proxy, which reaches the pods of every namespace: ${labelOf(byNamespace)} denies by namespace, and therefore denies all of it to the users it applies to`,
      { code: 'node-proxy-denied', hint: 'remove one of the two, or exclude users from the deny' },
    );
  }
  if (
    allow.alternative.every &&
    covers(allow, { ...node, verb: 'get' }) &&
    !covers(allow, { ...node, verb: 'create' })
  ) {
    warnings.add(
      placeOf(allow, index),
      'allows nodes/proxy without create: a kubelet runs commands for any verb, so every request must also be allowed as create, which this rule does not do',
      { code: 'node-proxy-create', hint: 'add create to k8s/verb if that is intended' },
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
      `allows writes of secrets, whose responses contain them: ${labelOf(unread)} denies reading them, and therefore denies the writes to the users it applies to`,
      { code: 'secret-writes-denied', hint: 'remove one of the two, or exclude users from the deny' },
    );
}

/** Warns of rules that allow what another rule denies, or what they cannot allow alone. */
export function warnOfAllows(allows: readonly Block[], denials: readonly Block[], warnings: FaultList): void {
  for (const allow of allows) {
    if (allow.alternative.invert) continue;
    for (const index of indicesOf(allow, 'k8s/resource')) {
      warnOfNodeProxy(allow, index, denials, warnings);
      warnOfSecrets(allow, index, denials, warnings);
    }
  }
}
