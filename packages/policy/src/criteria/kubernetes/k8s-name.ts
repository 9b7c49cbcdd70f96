import { mayReachOtherNames } from '../../reach/may-reach-other-names.ts';
import { nameOf } from '../../reach/name-of.ts';
import { proxiedName } from '../../reach/proxied-name.ts';
import { createReachCriterion } from './reach-criterion.ts';

/**
 * String matcher over the object's name; creates have none and match nothing, and what reaches a whole collection
 * leaves it open.
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
      'Creates have none and match nothing, not even `not`. `list`, `watch` and `deletecollection` that name none leave it open, so that a deny holds and an allow does not, in a namespace and of cluster-scoped kinds too. ' +
      'What is proxied may be named with a scheme and a port (`https:web:443`): a deny holds if the name matches with or without them, an allow only as it is written. ' +
      'What goes through `nodes/proxy` has the name of the node and reaches pods of any name: a deny by another name is open, unless a `k8s/resource` beside it names `nodes` and there is no `k8s/namespace`, so that the node is meant.',
    example: { starts_with: 'web-' },
  },
});
