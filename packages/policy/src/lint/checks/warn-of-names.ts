import type { FaultList } from '../../document/fault-list.ts';
import { closeName, nearestName, quoteName } from '../../document/nearest-name.ts';
import { finiteTexts, namedTexts, textMatcherOf } from '../../matchers/named-texts.ts';
import { indicesOf, placeOf, type Block } from '../blocks/block.ts';

/** The names that the configuration defines. */
type Names = {
  readonly clusters: ReadonlySet<string>;
  readonly elevations: ReadonlySet<string>;
  readonly onCall: ReadonlySet<string>;
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

/** What a criterion names, in words. */
type Named = { criterion: string; code: string; one: string; all: string; so: string };
const elevation: Named = {
  criterion: 'elevation',
  code: 'unknown-elevation',
  one: 'elevation',
  all: 'elevations',
  so: 'no one has it',
};
const onCallList: Named = {
  criterion: 'on_call',
  code: 'unknown-on-call-list',
  one: 'on-call list',
  all: 'on-call lists',
  so: 'it is never known who is on it',
};

function warnOfUnknown(block: Block, named: Named, defined: ReadonlySet<string>, warnings: FaultList): void {
  const { criterion, code, one, all, so } = named;
  for (const index of indicesOf(block, criterion)) {
    for (const { text, path } of namedTexts(block.alternative.data[index])) {
      if (defined.has(text)) continue;
      const near = nearestName(text, [...defined]);
      warnings.add(
        [...placeOf(block, index), ...path],
        `there is no ${one} ${quoteName(text)} in the configuration, so ${so}`,
        {
          code,
          ...(near === undefined
            ? { hint: `the configuration defines no ${all}` }
            : (didYouMean(text, defined) ?? { hint: `the ${all} are ${[...defined].slice(0, 10).join(', ')}` })),
        },
      );
    }
  }
}

/** Warns of elevations and on-call lists that the configuration does not define. */
export function warnOfUndefined(
  block: Block,
  { elevations, onCall }: Pick<Names, 'elevations' | 'onCall'>,
  warnings: FaultList,
): void {
  warnOfUnknown(block, elevation, elevations, warnings);
  warnOfUnknown(block, onCallList, onCall, warnings);
}
