import { denyByPath } from '../../criteria/expression/warn-of-expression.ts';
import type { FaultList } from '../../document/fault-list.ts';
import { holdsFor, indicesOf, placeOf, type Block } from '../blocks/block.ts';

const collectionVerbs = ['list', 'watch', 'deletecollection'];

/** Reports whether the verbs of a block exclude those that reach whole collections. */
function leavesOutCollections(block: Block): boolean {
  const verbs = indicesOf(block, 'k8s/verb');
  return (
    block.alternative.every && collectionVerbs.every((verb) => verbs.some((index) => !holdsFor(block, index, { verb })))
  );
}

/**
 * Warns of rules whose condition is not a security boundary, and of rules that deny more than they seem to. At a web
 * application the method says what a request does, as far as the gateway can know.
 */
export function warnOfDenials(denials: readonly Block[], place: 'route' | 'cluster', warnings: FaultList): void {
  const { message, advice } = denyByPath(place);
  for (const block of denials) {
    for (const index of indicesOf(block, 'http_path')) warnings.add(placeOf(block, index), message, advice);
    if (place === 'route') continue;
    for (const index of indicesOf(block, 'k8s/verb').length > 0 ? [] : indicesOf(block, 'http_method')) {
      warnings.add(
        placeOf(block, index),
        'denies by method, which says little about the action: exec, attach, port-forward and requests through nodes/proxy can use GET too',
        { code: 'deny-by-method', hint: 'use k8s/verb' },
      );
    }
    const [name] = block.alternative.invert || leavesOutCollections(block) ? [] : indicesOf(block, 'k8s/name');
    if (name === undefined) continue;
    warnings.add(
      placeOf(block, name),
      'also denies every list, watch and deletecollection that names no object, because the name may be among its objects',
      { code: 'deny-by-name', hint: 'to deny only requests by name, add k8s/verb: [get, update, patch, delete]' },
    );
  }
}
