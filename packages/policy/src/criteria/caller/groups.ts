import { isLoggedIn } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { definition } from '../../language/json-schema.ts';
import { fail, pass } from '../../language/verdict.ts';
import { compileListMatcher } from '../../matchers/list-matcher.ts';

const ok = pass('groups-ok');
const unauthorized = fail('groups-unauthorized');
const unauthenticated = fail('user-unauthenticated');

/** List matcher over the caller's groups. */
export const groups: Criterion = {
  name: 'groups',
  ofPerson: true,
  doc: {
    summary: "Holds if the caller's groups match. The full name of a group is compared, including commas.",
    data: 'list matcher',
    example: 'developers',
    source: 'Pomerium',
    reasons: ['groups-ok', 'groups-unauthorized', 'user-unauthenticated'],
  },
  schema: definition('listMatcher'),
  value: (input) => input.user?.groups,
  compile(data, _subpath, { path, faults }) {
    const matches = compileListMatcher(data, path, faults);
    return (
      matches &&
      ((input) => {
        if (!isLoggedIn(input)) return unauthenticated;
        return matches(input.user?.groups) ? ok : unauthorized;
      })
    );
  },
};
