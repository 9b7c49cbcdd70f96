import type { ElevationOption, ElevationOptions } from '@sallyport/contracts';
import type { Steps } from '@sallyport/policy';
import type { ElevationRules } from '../../policies/elevation-rules.ts';
import type { Asker } from './find-asker.ts';

/** How many places are listed, over all entries. A place is one cluster of one entry. */
const maxPlaces = 1000;

type Place = ElevationOption['places'][number];

/**
 * Returns where on a cluster the caller may ask for an entry; undefined for nowhere. A pattern of namespaces is shown
 * only to those who may ask for all that it matches.
 */
function placeOn(
  cluster: string,
  { entry, requesters, coversCluster }: ElevationRules,
  asker: Asker,
): Place | undefined {
  if (!coversCluster(cluster)) return undefined;
  if (entry.namespaces == null) return asker.meets(requesters, { cluster }) ? { cluster } : undefined;
  const namespaces = entry.namespaces.filter((name) =>
    asker.meets(requesters, name.includes('*') ? { cluster } : { cluster, namespace: name }),
  );
  return namespaces.length > 0 ? { cluster, namespaces } : undefined;
}

function optionOf({ entry, terms }: ElevationRules, places: Place[]): ElevationOption {
  const { name, groups, reason, ticket } = entry;
  const { maxDurationMs, approvalsNeeded, approverSets } = terms;
  return {
    name,
    groups,
    maxDurationMs,
    approvalsNeeded,
    ...(approverSets ? { approverSets } : {}),
    reason,
    ticket:
      typeof ticket === 'string'
        ? { required: ticket === 'required' }
        : { required: ticket.required, pattern: ticket.pattern },
    places,
  };
}

/** Lists in steps what the caller may ask for, and nothing else. Yields after each place, so that the work can pause. */
export function* listOptions(asker: Asker): Steps<ElevationOptions> {
  const options: ElevationOption[] = [];
  let listed = 0;
  let omitted = 0;
  for (const rules of asker.snapshot.elevations.values()) {
    const places: Place[] = [];
    for (const cluster of asker.snapshot.clusters.keys()) {
      const place = placeOn(cluster, rules, asker);
      if (place && listed < maxPlaces) {
        places.push(place);
        listed += 1;
      } else if (place) omitted += 1;
      yield;
    }
    if (places.length > 0) options.push(optionOf(rules, places));
  }
  return { options, omitted };
}
