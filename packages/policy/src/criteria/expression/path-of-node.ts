import type { ASTNode } from '@marcbachmann/cel-js';

function memberOf(member: unknown): string | undefined {
  if (typeof member === 'string') return member;
  const node = member as { op?: unknown; args?: unknown } | null;
  return typeof node === 'object' && node?.op === 'value' && typeof node.args === 'string' ? node.args : undefined;
}

/**
 * Returns the names on the path from a variable to a member (`user.claims["team"]`: user, claims, team), or undefined
 * for any other node. Does not recurse.
 */
export function pathOfNode(node: ASTNode): readonly string[] | undefined {
  const path: string[] = [];
  let at = node as { readonly op: string; readonly args: unknown };
  while (at.op === '.' || at.op === '[]') {
    const [object, member] = at.args as [ASTNode, unknown];
    const name = memberOf(member);
    if (name === undefined) return undefined;
    path.unshift(name);
    at = object;
  }
  return at.op === 'id' ? [at.args as string, ...path] : undefined;
}
