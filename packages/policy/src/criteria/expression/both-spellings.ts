import type { CompileContext, EvaluateCriterion } from '../../criterion.ts';
import { inherit } from '../../inherit.ts';
import { withoutEndSlash } from '../../matchers/without-end-slash.ts';
import { isOpen } from '../../verdict.ts';

/**
 * Judges a request whose path ends in a slash under both spellings, because what is written in an expression cannot be known to mean one of them:
 * a deny holds if it holds for either, an allow if it holds for both. `not` and `nor` turn that round.
 */
export function bothSpellings(evaluate: EvaluateCriterion, { action, operator }: Pick<CompileContext, 'action' | 'operator'>): EvaluateCriterion {
  const either = (action === 'deny') !== (operator === 'not' || operator === 'nor');
  return (input) => {
    const first = evaluate(input);
    // What is left open counts against the request already, whatever the other spelling says.
    if (isOpen(first) || first > 0 === either) return first;
    const { request, kubernetes } = input;
    const path = withoutEndSlash(kubernetes?.path);
    if (path === undefined) return first;
    return evaluate(inherit(input, { kubernetes: inherit(kubernetes!, { path }), ...(request === undefined ? {} : { request: inherit(request, { path: withoutEndSlash(request.path) ?? request.path }) }) }));
  };
}
