import type { Elevation, ElevationCall, ElevationList } from '@sallyport/contracts';
import type { ElevationStore } from '@sallyport/stores';
import { isOver, reviewDueAt } from '../../elevation-states/times.ts';
import { type Asker, isToReview, isVisible } from './find-asker.ts';
import { showElevation } from './view-elevation.ts';

/** How many elevations of one person are looked at, and how many an answer lists. */
export const maxListed = 200;

type Stored = Pick<ElevationStore, 'ofPerson' | 'latest' | 'open'>;

/** Returns the newest of everyone. What waits for its review is among them, however old it is. */
async function everything(store: Stored): Promise<Elevation[]> {
  const found = new Map<string, Elevation>();
  for (const one of [...(await store.latest(maxListed * 5)), ...(await store.open())]) found.set(one.id, one);
  return [...found.values()];
}

async function findListed(all: boolean, asker: Asker, store: Stored): Promise<Elevation[]> {
  const own = (await store.ofPerson(asker.person, maxListed)).filter((one) => all || !isOver(one));
  const others = (all ? await everything(store) : await store.open()).filter((one) => {
    const relation = asker.relationTo(one);
    if (relation.mine || !isVisible(relation)) return false;
    return all || !isOver(one) || isToReview(one, relation);
  });
  return [...own, ...others].toSorted((a, b) => b.createdAt - a.createdAt);
}

/** What the caller has to review, the one that is due first at the beginning. */
async function findToReview(asker: Asker, store: Stored): Promise<Elevation[]> {
  const due = (elevation: Elevation) => reviewDueAt(elevation) ?? Infinity;
  return (await store.open())
    .filter((one) => isToReview(one, asker.relationTo(one)))
    .toSorted((a, b) => due(a) - due(b));
}

/**
 * Lists the caller's own, and those of others that they may see: the open ones and those that they have to review. With
 * `all` also those that are over, and with `toReview` only what they have to review.
 */
export async function listElevations(
  { all, toReview }: Pick<Extract<ElevationCall, { action: 'list' }>, 'all' | 'toReview'>,
  asker: Asker,
  store: Stored,
): Promise<ElevationList> {
  const found = toReview ? await findToReview(asker, store) : await findListed(all, asker, store);
  const listed = found.slice(0, maxListed);
  return { elevations: listed.map((one) => showElevation(one, asker)), omitted: found.length - listed.length };
}
