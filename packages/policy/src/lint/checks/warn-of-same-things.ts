import type { FaultList } from '../../document/fault-list.ts';
import type { Steps } from '../../document/run-steps.ts';
import { covers, extrasOf, indicesOf, placeOf, surelyCovers, type Block } from '../blocks/block.ts';
import { sameThings, formatWay, type Way } from '../resources/same-things.ts';

const none: ReadonlySet<string> = new Set();
const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

const requestOf = ({ apiGroup, resource, subresource, verb }: Way, other: string | undefined) => ({
  isResourceRequest: true,
  apiGroup,
  resource,
  subresource,
  verb: verb ?? other ?? '',
});
const verbsOf = (ways: readonly Way[]) => (ways.every((way) => way.verb === undefined) ? verbs : [undefined]);

/** Returns the ways that no rule denies to do something that this block denies in another way, each with its effect. */
function leftOut(block: Block, isDenied: (way: Way, verb: string | undefined) => boolean): Map<string, string> {
  const missing = new Map<string, string>();
  for (const { what, ways } of sameThings) {
    for (const verb of verbsOf(ways)) {
      if (!ways.some((way) => !way.only && covers(block, requestOf(way, verb)))) continue;
      for (const way of ways) if (!isDenied(way, verb)) missing.set(formatWay(way), what);
    }
  }
  return missing;
}

type WithExtras = { readonly block: Block; readonly extras: ReadonlySet<string> };

/**
 * Returns the deny rules that apply at least wherever a rule with these extra conditions does. One that applies in a
 * single namespace only, or to other users, does not cover the rest.
 */
function noNarrower(denials: readonly WithExtras[], extras: ReadonlySet<string>): Block[] {
  return denials
    .filter(
      (one) =>
        !one.block.alternative.every ||
        one.block.alternative.invert ||
        (one.extras.size <= extras.size && [...one.extras].every((extra) => extras.has(extra))),
    )
    .map(({ block }) => block);
}

/**
 * Warns of rules that deny a resource by name although the same can be done under another name that no rule denies.
 * Yields after each rule.
 */
export function* warnOfSameThings(denials: readonly Block[], warnings: FaultList): Steps<void> {
  const known = new Map<string, ReadonlySet<Block>>();
  const denialsOf = (way: Way, verb: string | undefined) => {
    const key = `${formatWay(way)} ${verb ?? ''}`;
    const found = known.get(key) ?? new Set(denials.filter((one) => surelyCovers(one, requestOf(way, verb))));
    known.set(key, found);
    return found;
  };
  const all = denials.map((block) => ({ block, extras: extrasOf(block) }));
  for (const { block, extras } of all) {
    const [named] = block.alternative.invert ? [] : indicesOf(block, 'k8s/resource');
    yield;
    if (named === undefined) continue;
    const others = noNarrower(all, block.alternative.every ? extras : none);
    const missing = leftOut(block, (way, verb) => others.some((one) => denialsOf(way, verb).has(one)));
    if (missing.size === 0) continue;
    const words = [...missing].map(([name, what]) => `${name} (${what})`).join(', ');
    warnings.add(placeOf(block, named), `denies one way but not the others: ${words}`, {
      code: 'other-names',
      hint: 'name these too, or use k8s/shell_equivalent for everything equivalent to a shell',
    });
  }
}
