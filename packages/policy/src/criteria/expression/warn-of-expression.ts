import type { ASTNode } from '@marcbachmann/cel-js';
import { denyByPath } from '../../compile/deny-by-path.ts';
import type { CompileContext } from '../../language/criterion.ts';
import type { CheckedExpression } from './check-expression.ts';
import { estimateCost } from './estimate-cost.ts';
import { expressionBudget } from './limit-expression-cost.ts';

/** Paths that can be missing, depending on the request or the caller. */
const mayBeMissing =
  /^(?:kubernetes\.(?:namespace|name|labelSelector|fieldSelector|dryRun|exec(?:\..+)?|namespaced|aggregated|upsert|upgrade)|user\.email|user\.claims\..+|session\.(?:acr|authTime|claims\..+)|request\.headers\..+)$/;

const isGuarded = (path: string, guarded: ReadonlySet<string>) =>
  [...guarded].some((guard) => path === guard || path.startsWith(`${guard}.`));

/** Warns of expressions that mean less than they seem to, or that a caller can make fail. */
export function warnOfExpression(
  ast: ASTNode,
  { paths, guarded }: CheckedExpression,
  { scope, action, path, warnings }: CompileContext,
): void {
  const cost = estimateCost(ast);
  const consequence = action === 'deny' ? 'denies' : 'does not allow';
  if (cost > expressionBudget) {
    warnings.add(
      path,
      `may take about ${cost.toLocaleString('en-US')} units of work for a large request, but the limit is ${expressionBudget.toLocaleString('en-US')}: beyond it the expression fails and ${consequence}`,
      { code: 'expression-cost', hint: 'do not loop over values that the caller sends' },
    );
  }
  if (action !== 'deny') return;
  const missing = [...paths].filter((one) => mayBeMissing.test(one) && !isGuarded(one, guarded)).toSorted();
  if (missing.length > 0)
    warnings.add(path, `fails, and therefore denies, if there is no ${missing.slice(0, 3).join(' or ')}`, {
      code: 'expression-unguarded',
      hint: `check first: has(${missing[0]}) && ...`,
    });
  if (paths.has('request.path') || paths.has('kubernetes.path')) {
    const { message, advice } = denyByPath(scope.startsWith('route/') ? 'route' : 'cluster');
    warnings.add(path, message, advice);
  }
  if (paths.has('user.email'))
    warnings.add(path, 'compares an email address with its case, which mail servers ignore', {
      code: 'expression-email-case',
      hint: 'use the criterion email or domain, which ignores case in a deny',
    });
}
