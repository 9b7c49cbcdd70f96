import type { FaultList } from '../../compile/fault-list.ts';
import { indicesOf, placeOf, type Block } from '../blocks/block.ts';
import { resourceItems } from '../blocks/resource-items.ts';
import type { ResourceCatalog } from '../resources/resource-catalog.ts';
import { judgeResource } from './judge-resource.ts';

/** Warns of resources that do not exist as they are written: singular, short and kind names, wrong groups and typos. */
export function warnOfResources(block: Block, catalog: ResourceCatalog, warnings: FaultList): void {
  for (const index of indicesOf(block, 'k8s/resource')) {
    for (const { pattern, path } of resourceItems(block.alternative.data[index])) {
      const found = judgeResource(pattern, catalog);
      if (!found) continue;
      const { message, ...advice } = found;
      warnings.add([...placeOf(block, index), ...path], message, advice);
    }
  }
}
