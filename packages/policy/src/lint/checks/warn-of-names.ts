import { closeName } from '../../compile/close-name.ts';
import type { FaultList } from '../../compile/fault-list.ts';
import { nearestName, quoteName } from '../../compile/nearest-name.ts';
import { indicesOf, placeOf, type Block } from '../blocks/block.ts';
import { finiteTexts, namedTexts, textMatcherOf } from '../../matchers/named-texts.ts';

/** The names that the configuration defines. */
type Names = {
  readonly clusters: ReadonlySet<string>;
  readonly elevations: ReadonlySet<string>;
};

const didYouMean = (name: string, names: ReadonlySet<string>) => {
  const near = closeName(name, names);
  return near === undefined ? undefined : { hint: `did you mean ${near}?`, suggestion: near };
};

function anyOf(names: ReadonlySet<string>, matches: (name: string) => boolean): boolean {
  for (const name of names) if (matches(name)) return true;
  return false;
}

/** Warns of clusters that the configuration does not have, and of rules about clusters to which no policy applies. */
export function warnOfClusters(
  block: Block,
  { clusters, appliesTo }: { clusters: Names['clusters']; appliesTo: ReadonlySet<string> },
  warnings: FaultList,
): void {
  for (const index of indicesOf(block, 'k8s/cluster')) {
    const data = block.alternative.data[index];
    const named = namedTexts(data);
    const unknown = named.filter(({ text }) => !clusters.has(text));
    for (const { text, path } of unknown)
      warnings.add([...placeOf(block, index), ...path], `there is no cluster ${quoteName(text)} in the configuration`, {
        code: 'unknown-cluster',
        ...(didYouMean(text, clusters) ?? { hint: `the clusters are ${[...clusters].slice(0, 10).join(', ')}` }),
      });
    // An empty list has a warning of its own.
    if (unknown.length > 0 || block.alternative.invert || finiteTexts(data)?.length === 0) continue;
    const matches = textMatcherOf(data);
    if (named.some(({ text }) => appliesTo.has(text) && matches(text)) || anyOf(appliesTo, matches)) continue;
    if (!anyOf(clusters, matches))
      warnings.add(placeOf(block, index), 'matches no cluster of the configuration', { code: 'unknown-cluster' });
    else
      warnings.add(
        placeOf(block, index),
        `never holds: this policy applies to ${[...appliesTo].slice(0, 3).join(', ')} only`,
        { code: 'never-holds', hint: 'move the rule to a policy of the cluster that it names' },
      );
  }
}

/** Warns of elevations that the configuration does not define. */
export function warnOfElevations(block: Block, elevations: Names['elevations'], warnings: FaultList): void {
  for (const index of indicesOf(block, 'elevation')) {
    for (const { text, path } of namedTexts(block.alternative.data[index])) {
      if (elevations.has(text)) continue;
      const near = nearestName(text, [...elevations]);
      warnings.add(
        [...placeOf(block, index), ...path],
        `there is no elevation ${quoteName(text)} in the configuration, so no one has it`,
        {
          code: 'unknown-elevation',
          ...(near === undefined
            ? { hint: 'the configuration defines no elevations' }
            : (didYouMean(text, elevations) ?? {
                hint: `the elevations are ${[...elevations].slice(0, 10).join(', ')}`,
              })),
        },
      );
    }
  }
}
