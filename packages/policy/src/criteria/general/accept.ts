import type { Criterion } from '../criterion.ts';
import { pass } from '../verdict.ts';

const ok = pass('accept');

/** Always holds; its data is ignored, as in Pomerium's language. On a cluster it still admits authenticated callers only. */
export const accept: Criterion = {
  name: 'accept',
  compile(data, _subpath, context) {
    const admits = context.action === 'allow' && (context.operator === 'and' || context.operator === 'or');
    if (data === false) context.warnings.add(context.path, 'accept ignores its data: false accepts too', 'use reject');
    if (admits && context.scope.startsWith('cluster/')) {
      context.warnings.add(context.path, 'accept on a cluster admits every authenticated caller, whoever they are', 'name groups, or use authenticated_user to say that it is meant');
    }
    return () => ok;
  },
};
