import { definition } from '../../language/json-schema.ts';
import { compileListMatcher } from '../../matchers/list-matcher.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

/** List matcher over the caller's groups. */
export const groups = createPlainCriterion({
  name: 'groups',
  ofCaller: true,
  ofPerson: true,
  doc: {
    summary: "Holds if the caller's groups match. The full name of a group is compared, including commas.",
    data: 'list matcher',
    example: 'developers',
    source: 'Pomerium',
  },
  schema: definition('listMatcher'),
  value: (input) => input.user?.groups,
  compile(data, _subpath, { path, faults }) {
    const matches = compileListMatcher(data, path, faults);
    return matches && ((input) => matches(input.user?.groups));
  },
});
