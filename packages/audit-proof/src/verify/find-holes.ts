import type { ChainHead } from '@sallyport/contracts';
import type { AbsentTimes } from './absent-times.ts';
import type { Chain } from './chain.ts';
import type { Hole } from './place-suspects.ts';
import type { AnnouncedGap } from './trail.ts';

type Range = { from: number; to: number };

/** The events of each producer that must be there, because checkpoints attest them. */
export type Demanded = ReadonlyMap<string, readonly Range[]>;

/**
 * Returns what a head demands. If a part of its events happened at times of which nothing is demanded, only its first and
 * its last event are known to have happened at others.
 */
function rangesOf({ from = 1, seq, fromTime, seqTime }: ChainHead, absent: AbsentTimes): Range[] {
  if (from > seq) return [];
  if (fromTime === undefined || seqTime === undefined) return [{ from, to: seq }];
  const [first, last] = [Date.parse(fromTime), Date.parse(seqTime)];
  if (!absent.touch(first, last)) return [{ from, to: seq }];
  return [...(absent.has(first) ? [] : [{ from, to: from }]), ...(absent.has(last) ? [] : [{ from: seq, to: seq }])];
}

/** Returns the events that these heads demand, by producer. */
export function demandedBy(heads: ReadonlyMap<string, readonly ChainHead[]>, absent: AbsentTimes): Demanded {
  const demanded = new Map<string, Range[]>();
  for (const [producer, list] of heads) {
    const ranges = list.flatMap((head) => rangesOf(head, absent));
    if (ranges.length > 0) demanded.set(producer, ranges);
  }
  return demanded;
}

/** Returns the parts of a range that are in others, in order. */
function partsIn({ from, to }: Range, ranges: readonly Range[]): Range[] {
  const parts: Range[] = [];
  const cut = ranges
    .map((range) => ({ from: Math.max(from, range.from), to: Math.min(to, range.to) }))
    .filter((part) => part.from <= part.to)
    .toSorted((one, other) => one.from - other.from);
  for (const part of cut) {
    const last = parts.at(-1);
    if (last && part.from <= last.to + 1) last.to = Math.max(last.to, part.to);
    else parts.push(part);
  }
  return parts;
}

/**
 * Returns the events that are not there: between those that are there, in what checkpoints attest, and after the last
 * one if an `audit.gap` event says that more were lost. What may have happened at times of which nothing is demanded is
 * missing only if a checkpoint attests it.
 */
export function findHoles(
  { chains, gaps }: { chains: ReadonlyMap<string, Chain>; gaps: readonly AnnouncedGap[] },
  demanded: Demanded,
  absent: AbsentTimes,
): Hole[] {
  return [...chains.values()].flatMap((chain) => {
    const ranges = demanded.get(chain.producer) ?? [];
    let [low, high] = [chain.first, chain.last];
    for (const { from, to } of ranges) [low, high] = [Math.min(low, from), Math.max(high, to)];
    for (const gap of gaps)
      if (gap.producer === chain.producer && chain.last > 0 && gap.from <= gap.to) high = Math.max(high, gap.to);
    return chain.slots
      .gaps(low, high)
      .flatMap((gap) => (absent.touch(...chain.timesAround(gap.from, gap.to)) ? partsIn(gap, ranges) : [gap]))
      .map((gap) => ({ chain, ...gap }));
  });
}
