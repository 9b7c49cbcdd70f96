import { isLoggedIn } from '../../input/policy-input.ts';
import type { Criterion } from '../../language/criterion.ts';
import { fail, leaveOpen, pass } from '../../language/verdict.ts';
import { nameOf, namespaceOf } from '../../reach/name-of.ts';
import { mayReachOtherNames } from '../../reach/other-names.ts';
import { bothSpellings } from './both-spellings.ts';
import { compileExpression } from './compile-expression.ts';
import { expressionLimits } from './expression-environment.ts';
import { expressionBudget } from './limit-expression-cost.ts';

const ok = pass('expression-ok');
const unauthorized = fail('expression-unauthorized');
const failed = leaveOpen('expression-error');
const open = leaveOpen('expression-open');
const unauthenticated = fail('user-unauthenticated');

/** An expression of the Common Expression Language (CEL), for what the criteria cannot express. */
export const expression: Criterion = {
  name: 'expression',
  ofPerson: true,
  doc: {
    summary:
      'Holds if the expression is true. Variables: `request` (`method`, `path`, `host`, `ip`, `headers` by lower-case name), `user` (`id`, `email`, `groups`, `claims`), `session` (`id`, `claims`), ' +
      '`cluster` (`name`), `kubernetes` (`cluster`, `verb`, `requestVerb`, `isResourceRequest`, `path`, `apiGroup`, `apiVersion`, `resource`, `subresource`, `namespace`, `name`, `labelSelector`, `fieldSelector`, `dryRun`, `namespaced`, `aggregated`, `upsert`, `upgrade`, `impersonate`, `exec`), ' +
      '`elevations` (names), `now` (a time, in UTC). What a request lacks is missing: check with `has(kubernetes.namespace)`. ' +
      'A path that ends in a slash is also tried without it: under `deny` one of the two must be true, under `allow` both. ' +
      'Under `deny`, the name in a proxy request is also tried without its scheme and port (`https:web:443`). ' +
      'An expression that fails is neither true nor false, with the reason `expression-error`: a rule that depends on it denies under `deny` and does not allow under `allow`, also after `not` and `nor`. ' +
      'The same applies to an expression that reads `kubernetes.namespace` or `kubernetes.name` where `k8s/namespace` or `k8s/name` would be open, with the reason `expression-open`. ' +
      `Limits: ${expressionLimits.length} characters, loops nested ${expressionLimits.loops} deep. There is no \`matches()\`.`,
    limit:
      `${expressionBudget.toLocaleString('en-US')} units of work for each evaluation. Beyond that the expression fails. Each step costs 1, each string that is read 1 per 16 characters, each list 1 per item, comparing lists or maps 1 per entry, an error 250. ` +
      'A caller can use them up with a large request: then a deny denies and an allow does not allow. `policy lint` warns of an expression that probably takes more for a large request',
    data: 'a CEL expression that results in true or false',
    example: 'kubernetes.namespace == "team-" + user.claims.team && !("contractors" in user.groups)',
    source: 'Sallyport',
    reasons: [
      'expression-ok',
      'expression-unauthorized',
      'expression-error',
      'expression-open',
      'user-unauthenticated',
    ],
  },
  schema: { type: 'string', minLength: 1, maxLength: expressionLimits.length },
  compile(data, _subpath, context) {
    const { path, faults } = context;
    if (typeof data !== 'string') return faults.addKind(path, 'a string with an expression', data);
    const compiled = compileExpression(data, context);
    if (!compiled) return undefined;
    const { ofCaller, readsNamespace, readsName, readsResource, evaluate } = compiled;
    const reachesOthers = mayReachOtherNames(
      readsResource
        ? {
            ...context,
            operator: 'and',
            siblings: [...(context.operator === 'and' ? context.siblings : []), { 'k8s/resource': 'nodes' }],
          }
        : context,
    );
    return bothSpellings((input) => {
      if (ofCaller && !isLoggedIn(input)) return unauthenticated;
      if (readsNamespace && namespaceOf(input.kubernetes) === undefined) return open;
      if (readsName && nameOf(input.kubernetes) === undefined) return open;
      const value = evaluate(input);
      if (value === undefined) return failed;
      if (!value && readsName && reachesOthers(input.kubernetes)) return open;
      return value ? ok : unauthorized;
    }, context);
  },
};
