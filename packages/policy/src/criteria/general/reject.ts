import type { Criterion } from '../criterion.ts';
import { fail } from '../verdict.ts';

const rejected = fail('reject');

/** Never holds; its data is ignored, as in Pomerium's language. */
export const reject: Criterion = {
  name: 'reject',
  compile: () => () => rejected,
};
