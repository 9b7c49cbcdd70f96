import type { Criterion } from '../../language/criterion.ts';
import { createTextCriterion } from '../text/text-criterion.ts';

const overVerb = createTextCriterion({
  name: 'k8s/verb',
  read: (input) => input.kubernetes?.verb || undefined,
  takesList: true,
  doc: {
    summary:
      'Holds if the verb matches: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or the method in lower case for a non-resource path. ' +
      'Exec, attach and port-forward are `create`, over any protocol.',
    example: ['get', 'list', 'watch'],
    source: 'Sallyport',
  },
});

/**
 * String matcher or list of verbs, over the verb that policies evaluate: `create` for exec, attach and portforward,
 * over any protocol.
 */
export const k8sVerb: Criterion = {
  ...overVerb,
  compile(data, subpath, context) {
    if (data === '*' || (Array.isArray(data) && data.includes('*')))
      context.warnings.add(context.path, 'there is no verb *, so this matches nothing', {
        code: 'unknown-verb',
        hint: 'remove the criterion to match every verb',
      });
    return overVerb.compile(data, subpath, context);
  },
};
