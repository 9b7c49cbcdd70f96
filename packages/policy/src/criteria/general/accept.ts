import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../reference/json-schema.ts';
import { pass } from '../../language/verdict.ts';

const ok = pass('accept');
/** Places where a policy rules on clusters; on web routes, accept may be meant. */
const ofClusters = /^(?:shadow\/)?(?:global$|policy\/|cluster\/|namespace\/)/;

/**
 * Always holds; its data is ignored, as in Pomerium's language. On a cluster it still admits authenticated callers
 * only.
 */
export const accept: Criterion = {
  name: 'accept',
  doc: {
    summary:
      'Always holds. On a cluster it still admits only callers who are logged in; it loads with a warning there.',
    data: 'anything, by custom `true`; `false` accepts too',
    example: true,
    source: 'Pomerium',
    reasons: ['accept'],
  },
  schema: definition('anything'),
  compile(data, _subpath, context) {
    const admits = context.action === 'allow' && (context.operator === 'and' || context.operator === 'or');
    if (data === false) context.warnings.add(context.path, 'accept ignores its data: false accepts too', 'use reject');
    if (admits && ofClusters.test(context.scope)) {
      context.warnings.add(
        context.path,
        'accept on a cluster admits every authenticated caller, whoever they are',
        'name groups, or use authenticated_user to say that it is meant',
      );
    }
    return () => ok;
  },
};
