import type { ASTNode } from '@marcbachmann/cel-js';
import type { CompileContext } from '../../language/criterion.ts';
import type { CheckedExpression } from './check-expression.ts';
import { estimateCost } from './estimate-cost.ts';
import { expressionBudget } from './limit-expression-cost.ts';

/** What not every request, or not every caller, has. */
const mayBeMissing =
  /^(?:kubernetes\.(?:namespace|name|labelSelector|fieldSelector|dryRun|exec(?:\..+)?|namespaced|aggregated|upsert|upgrade)|user\.email|user\.claims\..+|session\.(?:acr|authTime|claims\..+)|request\.headers\..+)$/;

const isAsked = (path: string, guarded: ReadonlySet<string>) =>
  [...guarded].some((asked) => path === asked || path.startsWith(`${asked}.`));

/** Warns of expressions that say less than they seem to, or that a caller can make fail. */
export function warnOfExpression(
  ast: ASTNode,
  { paths, guarded }: CheckedExpression,
  { action, path, warnings }: CompileContext,
): void {
  const cost = estimateCost(ast);
  const fails = action === 'deny' ? 'so that it denies' : 'so that it does not allow';
  if (cost > expressionBudget) {
    warnings.add(
      path,
      `may take about ${cost.toLocaleString('en-US')} units of work for a large request, of ${expressionBudget.toLocaleString('en-US')} that it has: then it fails, ${fails}`,
      'loop over nothing that the caller sends',
    );
  }
  if (action !== 'deny') return;
  const missing = [...paths].filter((one) => mayBeMissing.test(one) && !isAsked(one, guarded)).toSorted();
  if (missing.length > 0)
    warnings.add(
      path,
      `fails, and so denies, where there is no ${missing.slice(0, 3).join(' or ')}`,
      `ask first: has(${missing[0]}) && ...`,
    );
  if (paths.has('request.path') || paths.has('kubernetes.path'))
    warnings.add(
      path,
      'denies by a path, which is no boundary: the same objects are reached by other paths, such as a list over all namespaces',
      'use k8s/namespace, k8s/resource and k8s/name',
    );
  if (paths.has('user.email'))
    warnings.add(
      path,
      'compares an e-mail address with its case, which mail servers do not',
      'use the criteria email or domain, which look at no case in a deny',
    );
}
