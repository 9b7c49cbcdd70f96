import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../reference/json-schema.ts';
import { fail } from '../../language/verdict.ts';

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
