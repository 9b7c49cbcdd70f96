import type { FaultList, PolicyFault } from '../../document/fault-list.ts';
import { closeName, quoteName } from '../../document/nearest-name.ts';
import { textMatcherOf, finiteTexts, namedTexts } from '../../matchers/named-texts.ts';
import { placeOf, literalsOf, type Clause, indicesOf, type Block } from '../blocks/block.ts';
import { otherVerbs, resourceVerbs, verbAdvice } from '../resources/verbs.ts';

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

const known: ReadonlySet<string> = new Set([...resourceVerbs, ...otherVerbs]);

function adviceOn(text: string): Pick<PolicyFault, 'hint' | 'suggestion'> {
  const found = verbAdvice.get(text.toLowerCase());
  if (found) {
    const { verb, resource, why } = found;
    const reason = why === undefined ? '' : `${text} ${why}`;
    if (verb === '') return { hint: reason };
    const write = `write ${verb}${resource === undefined ? '' : ` with k8s/resource: ${resource}`}`;
    return { hint: reason === '' ? write : `${reason}; ${write}`, suggestion: verb };
  }
  const near = known.has(text.toLowerCase()) ? text.toLowerCase() : closeName(text, resourceVerbs);
  return near === undefined
    ? { hint: `the verbs are ${resourceVerbs.join(', ')}` }
    : { hint: `did you mean ${near}?`, suggestion: near };
}

/** Warns of verbs that no request has, such as exec. They are never understood as what was probably meant. */
export function warnOfVerbs(block: Block, warnings: FaultList): void {
  for (const index of indicesOf(block, 'k8s/verb')) {
    const data = block.alternative.data[index];
    const named = namedTexts(data);
    for (const { text, path } of named) {
      // The criterion itself warns of an asterisk.
      if (known.has(text) || text === '*') continue;
      warnings.add(
        [...placeOf(block, index), ...path],
        `there is no verb ${quoteName(text)}, so this matches nothing`,
        {
          code: 'unknown-verb',
          ...adviceOn(text),
        },
      );
    }
    const matches = textMatcherOf(data);
    if (named.length === 0 && finiteTexts(data) === undefined && ![...known].some((verb) => matches(verb)))
      warnings.add(placeOf(block, index), 'matches no verb', {
        code: 'unknown-verb',
        hint: `the verbs are ${resourceVerbs.join(', ')}`,
      });
  }
}
