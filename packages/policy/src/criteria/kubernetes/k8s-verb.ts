import type { CompileContext, Criterion } from '../criterion.ts';
import { compileAnyOf, compileStringMatcher, type StringMatcher } from '../matchers/string-matcher.ts';
import { fail, pass } from '../verdict.ts';

const ok = pass('k8s-verb-ok');
const unauthorized = fail('k8s-verb-unauthorized');

function compileVerbs(data: unknown, { path, faults, warnings }: CompileContext): StringMatcher | undefined {
  if (data === '*' || (Array.isArray(data) && data.includes('*'))) warnings.add(path, 'no verb is called *: this matches nothing', 'leave the criterion out to match every verb');
  return Array.isArray(data) ? compileAnyOf(data, path, faults) : compileStringMatcher(data, path, faults);
}

/** String matcher, or a list of verbs, over the verb that policy judges (`create` for exec, attach and portforward, however they are asked). */
export const k8sVerb: Criterion = {
  name: 'k8s/verb',
  value: (input) => input.kubernetes?.verb || undefined,
  compile(data, _subpath, context) {
    const matches = compileVerbs(data, context);
    return matches && ((input) => (matches(input.kubernetes?.verb || undefined) ? ok : unauthorized));
  },
};
