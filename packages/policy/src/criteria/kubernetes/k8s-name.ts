import { mayReachOtherNames } from '../../reach/may-reach-other-names.ts';
import { nameOf } from '../../reach/name-of.ts';
import { proxiedName } from '../../reach/proxied-name.ts';
import { createReachCriterion } from './reach-criterion.ts';

/**
 * String matcher or list over the object's name. Creates have no name and match nothing. For a request that reaches a whole
 * collection it is open.
 */
export const k8sName = createReachCriterion({
  name: 'k8s/name',
  read: nameOf,
  otherwise: proxiedName,
  reachesOthers: mayReachOtherNames,
  reason: 'k8s-name',
  doc: {
    summary:
      'Holds if the name of the object matches: the one in the path, or the one that a field selector pins (`metadata.name=web`), except for an aggregated API, which may ignore it. ' +
      'Creates have no name and match nothing, not even `not`. For `list`, `watch` and `deletecollection` without a name it is open, so that a deny holds and an allow does not, also for cluster-scoped kinds. ' +
      'The name in a proxy request can have a scheme and a port (`https:web:443`): a deny holds if the name matches with or without them, an allow only as written. ' +
      'A request through `nodes/proxy` has the name of the node but reaches pods of any name: for it a deny by another name is open, unless the same block names `nodes` in `k8s/resource` and has no `k8s/namespace`, which means the node itself.',
    example: { starts_with: 'web-' },
  },
});
