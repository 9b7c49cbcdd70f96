import type { FaultList } from '../compile/fault-list.ts';
import { holdsFor, indicesOf, placeOf, type Block } from './block.ts';

const collectionVerbs = ['list', 'watch', 'deletecollection'];

/** True if the verbs that a block names leave out those that reach whole collections. */
function leavesOutCollections(block: Block): boolean {
  const verbs = indicesOf(block, 'k8s/verb');
  return (
    block.alternative.every && collectionVerbs.every((verb) => verbs.some((index) => !holdsFor(block, index, { verb })))
  );
}

/** Warns of rules that deny by what is no boundary, or deny more than they seem to. */
export function warnOfDenials(denials: readonly Block[], warnings: FaultList): void {
  for (const block of denials) {
    for (const index of indicesOf(block, 'http_path')) {
      warnings.add(
        placeOf(block, index),
        'denies by a path, which is no boundary: the same objects are reached by other paths, such as a list over all namespaces',
        'use k8s/namespace, k8s/resource and k8s/name',
      );
    }
    for (const index of indicesOf(block, 'k8s/verb').length > 0 ? [] : indicesOf(block, 'http_method')) {
      warnings.add(
        placeOf(block, index),
        'denies by a method, which says little of what is done: exec, attach, port-forward and whatever goes through nodes/proxy come by GET as well',
        'use k8s/verb',
      );
    }
    const [name] = block.alternative.invert || leavesOutCollections(block) ? [] : indicesOf(block, 'k8s/name');
    if (name === undefined) continue;
    warnings.add(
      placeOf(block, name),
      'denies every list, watch and deletecollection that names no object, too, because any name may be among them',
      'if only requests by name are meant, add k8s/verb: [get, update, patch, delete]',
    );
  }
}
