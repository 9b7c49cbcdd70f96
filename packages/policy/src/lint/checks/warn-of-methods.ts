import type { FaultList } from '../../compile/fault-list.ts';
import { placeOf } from '../blocks/block.ts';
import { literalsOf, type Clause } from '../blocks/clause.ts';
import { textMatcherOf } from '../../matchers/named-texts.ts';

// Each of these says which requests are meant.
const narrowing: ReadonlySet<string> = new Set([
  'k8s/verb',
  'k8s/resource',
  'k8s/non_resource_path',
  'k8s/shell_equivalent',
  'k8s/exec_command',
  'http_path',
  'expression',
]);

/** Warns of an allow by method alone: a GET can be an exec, a port-forward, or a read of Secrets. */
export function warnOfMethods(clause: Clause, warnings: FaultList): void {
  if (clause.block.action !== 'allow' || clause.literals.some(({ label }) => narrowing.has(label))) return;
  for (const { data, index } of literalsOf(clause, 'http_method')) {
    const matches = textMatcherOf(data);
    if (!matches('GET') || matches('POST')) continue;
    warnings.add(
      placeOf(clause.block, index),
      'allows by method alone: with GET a client can exec, attach and port-forward over WebSocket, and read logs and Secrets',
      { code: 'allow-by-method', hint: 'use k8s/verb: [get, list, watch], and k8s/resource for what may be read' },
    );
  }
}
