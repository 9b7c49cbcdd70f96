import { inherit } from '../../input/extra-verbs.ts';
import type { PolicyInput } from '../../input/policy-input.ts';
import type { CompileContext, EvaluateCriterion } from '../../language/criterion.ts';
import { isOpen } from '../../language/verdict.ts';
import { withoutEndSlash } from '../../matchers/path-matcher.ts';
import { proxiedName } from '../../reach/name-of.ts';

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
    ...(request == null ? {} : { request: inherit(request, { path: withoutEndSlash(request.path) ?? request.path }) }),
  });
}

/**
 * Evaluates a request under both spellings if its path ends in a slash, or if its name contains a port
 * (`services/web:443/proxy`), because an expression can mean either spelling. A deny holds if it holds for one of them.
 * An allow holds if it holds for both spellings of the path, with the name as written. `not` and `nor` invert that.
 */
export function bothSpellings(
  evaluate: EvaluateCriterion,
  { action, operator }: Pick<CompileContext, 'action' | 'operator'>,
): EvaluateCriterion {
  const denies = action === 'deny';
  const either = denies !== (operator === 'not' || operator === 'nor');
  return (input) => {
    let verdict = evaluate(input);
    // An open verdict already counts against the request, so the other spelling does not matter.
    const decided = () => isOpen(verdict) || verdict > 0 === either;
    const named = denies && !decided() ? underBareName(input) : undefined;
    for (const spelling of [named, underBarePath(input), named && underBarePath(named)]) {
      if (decided()) return verdict;
      if (spelling !== undefined) verdict = evaluate(spelling);
    }
    return verdict;
  };
}
