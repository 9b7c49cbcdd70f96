import type { ASTNode } from '@marcbachmann/cel-js';
import type { CompileContext } from '../../language/criterion.ts';
import { isNode, loops, pathOfNode, type CheckedExpression } from './check-expression.ts';
import { expressionBudget } from './limit-expression-cost.ts';

/** Returns the warning about a rule that denies by path, for requests to a web application or to a cluster. */
export function denyByPath(place: 'route' | 'cluster'): { message: string; advice: { code: string; hint: string } } {
  return place === 'route'
    ? {
        message:
          'denies by path, which is not a security boundary: an application can serve the same page under another spelling of the path',
        advice: { code: 'deny-by-path', hint: 'allow only the paths that may be used, with http_path under allow' },
      }
    : {
        message:
          'denies by path, which is not a security boundary: other paths reach the same objects, such as a list over all namespaces',
        advice: { code: 'deny-by-path', hint: 'use k8s/namespace, k8s/resource and k8s/name' },
      };
}

/** The maximum size of a value: characters of a string, items of a list, and characters of each item. */
type Size = { readonly chars: number; readonly items: number; readonly itemChars: number };
type Estimate = Size & { readonly cost: number };

const text = (chars: number): Size => ({ chars, items: 0, itemChars: 0 });
const list = (items: number, itemChars: number): Size => ({ chars: 0, items, itemChars });
const nothing = text(0);

// What fits into the head of a request, which has 64 KiB, and typical sizes of identity claims.
const sizes: Readonly<Record<string, Size>> = {
  'request.path': text(60_000),
  'kubernetes.path': text(60_000),
  'kubernetes.labelSelector': text(60_000),
  'kubernetes.fieldSelector': text(60_000),
  'kubernetes.exec.command': list(6000, 10),
  'user.groups': list(200, 60),
  'session.amr': list(10, 20),
  elevations: list(20, 60),
};
const ordinary = text(250);

function sizeOfPath(path: readonly string[]): Size {
  const name = path.join('.');
  if (Object.hasOwn(sizes, name)) return sizes[name]!;
  if (name.startsWith('request.headers.')) return text(60_000);
  return /^(?:user|session)\.claims\./.test(name) ? { chars: 250, items: 200, itemChars: 60 } : ordinary;
}

/** The cost of a step with a result of this size. */
const step = (size: Size): number => 1 + Math.max(size.chars >>> 4, size.items);

function ofLoop(
  name: string,
  [, range, args]: readonly [unknown, ASTNode, readonly ASTNode[]],
  variables: ReadonlyMap<string, Size>,
): Estimate {
  const over = estimate(range, variables);
  const [variable, ...bodies] = args;
  const inner = new Map(variables).set(variable?.op === 'id' ? (variable.args as string) : '', text(over.itemChars));
  const body = bodies.map((one) => estimate(one, inner));
  const given =
    name === 'map'
      ? list(over.items, Math.max(0, ...body.map(({ chars }) => chars)))
      : name === 'filter'
        ? over
        : nothing;
  return { ...given, cost: over.cost + over.items * (2 + body.reduce((sum, { cost }) => sum + cost, 0)) + step(given) };
}

function ofCall(name: string, parts: readonly Estimate[]): Estimate {
  const cost = parts.reduce((sum, part) => sum + part.cost, 0);
  const chars = Math.max(0, ...parts.map((part) => part.chars));
  // At worst, every second character is a separator.
  const given =
    name === 'split'
      ? list(chars >>> 1, 2)
      : ['substring', 'trim', 'join', 'string'].includes(name)
        ? text(Math.max(chars, ...parts.map(({ items, itemChars }) => items * itemChars)))
        : nothing;
  return { ...given, cost: cost + step(given) };
}

function estimate(node: unknown, variables: ReadonlyMap<string, Size>): Estimate {
  if (Array.isArray(node)) {
    const parts = node.map((one) => estimate(one, variables));
    return {
      chars: Math.max(0, ...parts.map(({ chars }) => chars)),
      items: Math.max(0, ...parts.map(({ items }) => items)),
      itemChars: Math.max(0, ...parts.map(({ itemChars }) => itemChars)),
      cost: parts.reduce((sum, { cost }) => sum + cost, 0),
    };
  }
  if (!isNode(node)) return { ...nothing, cost: 0 };
  const path = pathOfNode(node);
  if (path) {
    const size = variables.get(path[0]!) ?? sizeOfPath(path);
    return { ...size, cost: path.length + step(size) };
  }
  const { op, args } = node as { op: string; args: unknown };
  if (op === 'value')
    return typeof args === 'string' ? { ...text(args.length), cost: step(text(args.length)) } : { ...nothing, cost: 1 };
  if (op === 'rcall') {
    const call = args as [string, ASTNode, ASTNode[]];
    return loops.has(call[0])
      ? ofLoop(call[0], call, variables)
      : ofCall(
          call[0],
          [call[1], ...call[2]].map((one) => estimate(one, variables)),
        );
  }
  if (op === 'call')
    return ofCall(
      (args as [string])[0],
      (args as [string, ASTNode[]])[1].map((one) => estimate(one, variables)),
    );
  const parts = estimate(args, variables);
  const given = op === '+' || op === '?:' || op === '[]' ? parts : nothing;
  return { ...given, cost: parts.cost + step(given) };
}

/**
 * Estimates how many units of work an expression can take for the largest possible request. The estimate is rough, and
 * only used for a warning.
 */
function estimateCost(ast: ASTNode): number {
  return Math.round(estimate(ast, new Map()).cost);
}

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
