import type { Chain } from './chain.ts';
import { prefixOf, slotFlags } from './chain-slots.ts';
import type { FaultList } from './fault-list.ts';
import type { Link } from './read-link.ts';
import type { TrailPlace } from './trail.ts';

/** An event that is not what its hash says, or a text that is not an event, with what it claims to be. */
export type Suspect = { claim: Partial<Link>; fault: string; id: string | undefined; place: TrailPlace };

/** Events that are not there, both numbers inclusive. */
export type Hole = { chain: Chain; from: number; to: number };

type Spot = { chain: Chain; seq: number };

/**
 * Finds the places of damaged events in the chains, so that such an event is not also missing: by the hashes of its
 * neighbors, then by the number that it claims, and at last by the only place that is empty.
 */
export function placeSuspects(
  suspects: readonly Suspect[],
  deps: { chains: ReadonlyMap<string, Chain>; holes: () => Hole[]; faults: FaultList },
): void {
  if (suspects.length === 0) return;
  const report = (suspect: Suspect, spot: Spot | undefined, note = ''): void => {
    const { claim, fault, id, place } = suspect;
    const [producer, seq] = spot ? [spot.chain.producer, spot.seq] : [claim.producer, claim.seq];
    if (spot) spot.chain.putAltered(spot.seq, place);
    const [before, after] = spot ? [spot.chain.neighbor(spot.seq - 1), spot.chain.neighbor(spot.seq + 1)] : [];
    deps.faults.add({
      kind: 'altered',
      detail: `${fault}${note}`,
      ...(producer === undefined ? {} : { producer }),
      ...(seq === undefined ? {} : { seq }),
      ...(id === undefined ? {} : { id }),
      place,
      ...(before ? { before } : {}),
      ...(after ? { after } : {}),
    });
  };
  const left = suspects
    .toSorted((one, other) => (one.claim.seq ?? 0) - (other.claim.seq ?? 0))
    .filter((suspect) => {
      const spot = claimedSpot(suspect, deps.chains);
      if (spot) report(suspect, spot);
      return !spot;
    });
  if (left.length === 0) return;
  const spots = emptySpots(deps.holes(), deps.chains);
  const unplaced = left.filter((suspect) => {
    const { prevHash, hash } = suspect.claim;
    const spot = spots.after.get(prefixOf(prevHash ?? '')) ?? spots.before.get(prefixOf(hash ?? ''));
    if (!spot || spot.chain.slots.has(spot.seq, slotFlags.altered)) return true;
    report(suspect, spot);
    return false;
  });
  const single = deps.holes().filter((hole) => hole.from === hole.to);
  const onlySpot =
    unplaced.length === 1 && single.length === 1 ? { chain: single[0]!.chain, seq: single[0]!.from } : undefined;
  for (const suspect of unplaced) {
    const { producer, seq = 0 } = suspect.claim;
    const chain = deps.chains.get(producer ?? '');
    const isAtEnd = chain !== undefined && seq > 0 && (seq === chain.last + 1 || seq === chain.first - 1);
    const isCopy = chain?.slots.has(seq, slotFlags.seen) === true;
    report(suspect, isAtEnd ? { chain, seq } : onlySpot, isCopy && !onlySpot ? '; the event itself is there' : '');
  }
}

/** Returns the place that a damaged event claims, if it is empty and one of its hashes or neighbors fits. */
function claimedSpot({ claim }: Suspect, chains: ReadonlyMap<string, Chain>): Spot | undefined {
  const { producer, seq, prevHash, hash } = claim;
  const chain = producer === undefined ? undefined : chains.get(producer);
  if (!chain || seq === undefined) return undefined;
  const { slots } = chain;
  if (slots.has(seq, slotFlags.seen | slotFlags.altered)) return undefined;
  const followsKnown =
    seq > 1 && slots.has(seq - 1, slotFlags.seen) && slots.hash(seq - 1) === prefixOf(prevHash ?? '');
  const isNamed = slots.has(seq, slotFlags.expected) && slots.hash(seq) === prefixOf(hash ?? '');
  const present = slotFlags.seen | slotFlags.altered;
  const isBetween = (seq === 1 || slots.has(seq - 1, present)) && slots.has(seq + 1, present);
  const isInHole = seq > chain.first && seq < chain.last;
  const followsAltered = slots.has(seq - 1, slotFlags.altered);
  return followsKnown || isNamed || isBetween || isInHole || followsAltered ? { chain, seq } : undefined;
}

/** Returns the empty places by the hash of the event before them, and by the hash that they must have. */
function emptySpots(holes: readonly Hole[], chains: ReadonlyMap<string, Chain>) {
  const [after, before] = [new Map<string, Spot>(), new Map<string, Spot>()];
  for (const { chain, from, to } of holes) {
    if (chain.slots.has(from - 1, slotFlags.seen)) after.set(chain.slots.hash(from - 1), { chain, seq: from });
    if (chain.slots.has(to, slotFlags.expected)) before.set(chain.slots.hash(to), { chain, seq: to });
  }
  for (const chain of chains.values()) {
    if (chain.slots.has(chain.last, slotFlags.seen))
      after.set(chain.slots.hash(chain.last), { chain, seq: chain.last + 1 });
    const first = chain.first - 1;
    if (first >= 1 && chain.slots.has(first, slotFlags.expected))
      before.set(chain.slots.hash(first), { chain, seq: first });
  }
  return { after, before };
}
