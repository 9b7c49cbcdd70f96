import { closeName } from '../../compile/close-name.ts';
import type { FaultList, PolicyFault } from '../../compile/fault-list.ts';
import { quoteName } from '../../compile/nearest-name.ts';
import { indicesOf, placeOf, type Block } from '../blocks/block.ts';
import { finiteTexts, namedTexts, textMatcherOf } from '../../matchers/named-texts.ts';
import { otherVerbs, resourceVerbs, verbAdvice } from '../resources/verbs.ts';

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
