import type { CompileContext, EvaluateCriterion } from '../../language/criterion.ts';
import { inherit } from '../../input/inherit.ts';
import { withoutEndSlash } from '../../matchers/without-end-slash.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import { proxiedName } from '../../reach/proxied-name.ts';
import { isOpen } from '../../language/verdict.ts';

function underBareName(input: PolicyInput): PolicyInput | undefined {
  const name = input.kubernetes && proxiedName(input.kubernetes);
  return name === undefined ? undefined : inherit(input, { kubernetes: inherit(input.kubernetes!, { name }) });
}

function underBarePath(input: PolicyInput): PolicyInput | undefined {
  const { request, kubernetes } = input;
  const path = withoutEndSlash(kubernetes?.path);
  if (path === undefined) return undefined;
  return inherit(input, {
    kubernetes: inherit(kubernetes!, { path }),
    ...(request === undefined
      ? {}
      : { request: inherit(request, { path: withoutEndSlash(request.path) ?? request.path }) }),
  });
}

/**
 * Judges a request whose path ends in a slash, or whose name has a port with it (`services/web:443/proxy`), under both
 * spellings, because what is written in an expression cannot be known to mean one of them: a deny holds if it holds for
 * either, an allow if it holds for both, though one may go by the name as it is written. `not` and `nor` turn that
 * round.
 */
export function bothSpellings(
  evaluate: EvaluateCriterion,
  { action, operator }: Pick<CompileContext, 'action' | 'operator'>,
): EvaluateCriterion {
  const denies = action === 'deny';
  const either = denies !== (operator === 'not' || operator === 'nor');
  return (input) => {
    let verdict = evaluate(input);
    // What is left open counts against the request already, whatever the other spelling says.
    const decided = () => isOpen(verdict) || verdict > 0 === either;
    const named = denies && !decided() ? underBareName(input) : undefined;
    for (const spelling of [named, underBarePath(input), named && underBarePath(named)]) {
      if (decided()) return verdict;
      if (spelling !== undefined) verdict = evaluate(spelling);
    }
    return verdict;
  };
}
