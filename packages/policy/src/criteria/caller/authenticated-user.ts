import { isLoggedIn } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';

const ok = pass('user-ok');
const unauthorized = fail('user-unauthorized');
const unauthenticated = fail('user-unauthenticated');

/** Holds for everyone who is logged in. Its data is ignored, as in Pomerium's language. */
export const authenticatedUser: Criterion = {
  name: 'authenticated_user',
  doc: {
    summary: 'Holds for everyone who is logged in.',
    data: 'anything, usually `true`; `false` means the same',
    example: true,
    source: 'Pomerium',
    reasons: ['user-ok', 'user-unauthorized', 'user-unauthenticated'],
  },
  schema: definition('anything'),
  value: (input) => input.user?.id,
  compile: () => (input) => {
    if (!isLoggedIn(input)) return unauthenticated;
    return input.user?.id ? ok : unauthorized;
  },
};
