import { definition } from '../../language/json-schema.ts';
import { compileListMatcher } from '../../matchers/list-matcher.ts';
import { createPlainCriterion } from '../plain/plain-criterion.ts';

/** List matcher over the methods with which the caller was authenticated. */
export const amr = createPlainCriterion({
  name: 'amr',
  ofCaller: true,
  doc: {
    summary:
      'Holds if the methods with which the identity provider authenticated the caller (`amr` of the id_token, RFC 8176) match.',
    data: 'list matcher',
    example: { has: 'hwk', exclude: 'sms' },
    source: 'Sallyport',
  },
  schema: definition('listMatcher'),
  value: (input) => input.session?.amr,
  compile(data, _subpath, { path, faults }) {
    const matches = compileListMatcher(data, path, faults);
    return matches && ((input) => matches(input.session?.amr));
  },
});
