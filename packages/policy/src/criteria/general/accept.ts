import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { pass, fail } from '../../language/verdict.ts';

const ok = pass('accept');
/** Scopes of policies for clusters. On web routes, accept can be intended. */
const ofClusters = /^(?:shadow\/)?(?:global$|policy\/|cluster\/|namespace\/)/;

/**
 * Always holds. Its data is ignored, as in Pomerium's language. On a cluster it still admits only authenticated users.
 */
export const accept: Criterion = {
  name: 'accept',
  doc: {
    summary: 'Always holds. On a cluster it still admits only users who are logged in, and it compiles with a warning.',
    data: 'anything, usually `true`; `false` accepts as well',
    example: true,
    source: 'Pomerium',
    reasons: ['accept'],
  },
  schema: definition('anything'),
  compile(data, _subpath, context) {
    const admits = context.action === 'allow' && (context.operator === 'and' || context.operator === 'or');
    if (data === false)
      context.warnings.add(context.path, 'accept ignores its data, so false accepts as well', {
        code: 'accept-false',
        hint: 'use reject',
      });
    if (admits && ofClusters.test(context.scope)) {
      context.warnings.add(context.path, 'accept on a cluster admits every authenticated user', {
        code: 'accepts-everyone',
        hint: 'name groups, or use authenticated_user if this is intended',
      });
    }
    return () => ok;
  },
};

const rejected = fail('reject');

/** Never holds. Its data is ignored, as in Pomerium's language. */
export const reject: Criterion = {
  name: 'reject',
  doc: {
    summary: 'Never holds.',
    data: 'anything, usually `true`',
    example: true,
    source: 'Pomerium',
    reasons: ['reject'],
  },
  schema: definition('anything'),
  compile: () => () => rejected,
};
