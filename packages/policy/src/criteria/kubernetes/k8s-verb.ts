import type { Criterion } from '../../language/criterion.ts';
import { createTextCriterion } from '../common/text-criterion.ts';

const overVerb = createTextCriterion({
  name: 'k8s/verb',
  read: (input) => input.kubernetes?.verb || undefined,
  reason: 'k8s-verb',
  takesList: true,
  doc: {
    summary:
      'Holds if the verb matches: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`, or the method in small letters for a path that is no resource. ' +
      'Exec, attach and port-forward are `create`, however they are asked for.',
    example: ['get', 'list', 'watch'],
    source: 'Sallyport',
  },
});

/**
 * String matcher, or a list of verbs, over the verb that policy judges (`create` for exec, attach and portforward,
 * however they are asked).
 */
export const k8sVerb: Criterion = {
  ...overVerb,
  compile(data, subpath, context) {
    if (data === '*' || (Array.isArray(data) && data.includes('*')))
      context.warnings.add(
        context.path,
        'no verb is called *: this matches nothing',
        'leave the criterion out to match every verb',
      );
    return overVerb.compile(data, subpath, context);
  },
};
