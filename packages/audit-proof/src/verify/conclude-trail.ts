import type { ChainHead } from '@sallyport/contracts';
import { createAbsentTimes, type AbsentPeriod } from './absent-times.ts';
import type { Chain } from './chain.ts';
import { prefixOf, slotFlags } from './chain-slots.ts';
import type { SignedCheckpoint } from '../checkpoint/sign-checkpoint.ts';
import type { CheckpointReport, CheckpointTrail } from './checkpoint-trail.ts';
import type { FaultList } from './fault-list.ts';
import { nameBrokenLinks } from './name-broken-links.ts';
import { nameHoles } from './name-holes.ts';
import { demandedBy, findHoles } from './find-holes.ts';
import { placeSuspects, type Hole, type Suspect } from './place-suspects.ts';
import type { AnnouncedGap, TrailFault, TrailReport } from './trail.ts';

/** A fault of one event, and when that happened, in milliseconds since the epoch. */
export type LooseFault = { time: number; fault: TrailFault };

/** What was read of a trail. */
export type TrailState = {
  chains: ReadonlyMap<string, Chain>;
  chainOf(producer: string): Chain;
  suspects: Suspect[];
  /** How many suspects there were, also those that are not remembered. */
  damaged: number;
  gaps: AnnouncedGap[];
  unchained: number;
  /** Faults that count only if their events happened after the trail begins. */
  loose: LooseFault[];
  /** Signed checkpoints that were not checked, because there are no keys. */
  unsignedCheckpoints: number;
  checkpointProducers: Set<string>;
  earliest: string | undefined;
  latest: string | undefined;
};

export type ConcludeDeps = {
  faults: FaultList;
  checkpoints: CheckpointTrail | undefined;
  since: string | undefined;
  absent: readonly AbsentPeriod[];
};

/** Names the faults that only the whole trail shows, and sums it up. */
export function concludeTrail(state: TrailState, deps: ConcludeDeps): TrailReport {
  const { faults, checkpoints, since, absent } = deps;
  const times = createAbsentTimes(since, absent);
  const signed = checkpoints?.report({
    ...(since === undefined ? {} : { since }),
    absent: times,
    isBroken: ({ producer, seq }) =>
      producer !== undefined && state.chains.get(producer)?.slots.has(seq ?? 0, slotFlags.broken) === true,
    isReached({ producer, from = 1, seq }) {
      const chain = state.chains.get(producer);
      return chain !== undefined && chain.first <= seq && chain.last >= from;
    },
  });
  const demanded = demandedBy(headsOf(signed?.attesting ?? []), times);
  for (const producer of demanded.keys()) state.chainOf(producer);
  const holes = (): Hole[] => findHoles(state, demanded, times);
  placeSuspects(state.suspects, { chains: state.chains, holes, faults });
  nameBrokenLinks(state.chains, { heads: headsOf(signed?.all ?? []), forged: signed?.faults ?? [], faults });
  nameHoles(holes(), { gaps: state.gaps, faults });
  nameLoose(state, deps);
  if (signed) nameCheckpoints(signed, state, deps);
  return {
    ...(since === undefined ? {} : { since }),
    ...(absent.length === 0 ? {} : { absent: [...absent] }),
    ...summarize(state, { ...deps, signed }),
  };
}

/**
 * Adds the faults of single events. Versions without chains wrote events too, but all of them before the first one that
 * is in a chain, and no checkpoint is of their time.
 */
function nameLoose(
  { loose, earliest }: TrailState,
  { faults, checkpoints, since }: Pick<ConcludeDeps, 'faults' | 'checkpoints' | 'since'>,
): void {
  const begin = since === undefined ? -Infinity : Date.parse(since);
  const first = earliest === undefined ? -Infinity : Date.parse(earliest);
  for (const { time, fault } of loose) {
    const counts = fault.kind === 'unchained' ? checkpoints && !(time < Math.max(begin, first)) : !(time < begin);
    if (counts) faults.add(fault);
  }
}

function headsOf(checkpoints: readonly Pick<SignedCheckpoint, 'heads'>[]): Map<string, ChainHead[]> {
  const heads = new Map<string, ChainHead[]>();
  for (const checkpoint of checkpoints) {
    for (const head of checkpoint.heads) {
      const known = heads.get(head.producer);
      if (known) known.push(head);
      else heads.set(head.producer, [head]);
    }
  }
  return heads;
}

/** Adds what is wrong with the checkpoints themselves. */
function nameCheckpoints(
  signed: CheckpointReport,
  state: TrailState,
  { faults, since }: Pick<ConcludeDeps, 'faults' | 'since'>,
): void {
  // An event that is missing or altered and was a checkpoint is already named.
  const isNamed = faults.kept.some(({ producer }) => producer !== undefined && state.checkpointProducers.has(producer));
  for (const fault of signed.faults) if (fault.kind !== 'missing' || !isNamed) faults.add(fault);
  const attests = ({ time }: SignedCheckpoint) => since === undefined || Date.parse(time) >= Date.parse(since);
  const after = since === undefined ? '' : ` after ${since}`;
  if (faults.count === 0 && !signed.all.some(attests))
    faults.add({
      kind: 'truncated',
      detail: `it has no signed checkpoint${after}, so nothing shows that it is complete`,
    });
}

function summarize(
  state: TrailState,
  { faults, checkpoints, signed }: ConcludeDeps & { signed: CheckpointReport | undefined },
): TrailReport {
  const attested = headsOf(signed?.all ?? []);
  const producers = [...state.chains.values()]
    .map((chain) => {
      const heads = (attested.get(chain.producer) ?? []).filter(
        ({ seq, hash }) => chain.slots.has(seq, slotFlags.seen) && chain.slots.hash(seq) === prefixOf(hash),
      );
      const last = heads.reduce((most, { seq }) => Math.max(most, seq), 0);
      return {
        producer: chain.producer,
        ...(chain.last > 0 ? { first: chain.first, last: chain.last } : {}),
        events: chain.events,
        repeated: chain.repeated,
        hashOnly: chain.hashOnly,
        closed: chain.closedAt > 0 && chain.closedAt === chain.last,
        ...(last > 0 ? { attested: last } : {}),
      };
    })
    .sort((one, other) => (one.producer < other.producer ? -1 : 1));
  const sum = (member: 'events' | 'repeated' | 'hashOnly') => producers.reduce((all, one) => all + one[member], 0);
  const ends = [signed?.all[0], signed?.all.at(-1)].map((one) => one && { number: one.number, time: one.time });
  return {
    faults: faults.kept,
    faultCount: faults.count,
    events: sum('events'),
    repeated: sum('repeated'),
    unchained: state.unchained,
    damaged: state.damaged,
    hashOnly: sum('hashOnly'),
    ...(state.earliest === undefined ? {} : { earliest: state.earliest }),
    ...(state.latest === undefined ? {} : { latest: state.latest }),
    producers,
    checkpoints: {
      checked: checkpoints !== undefined,
      count: signed?.all.length ?? state.unsignedCheckpoints,
      ...(ends[0] ? { first: ends[0] } : {}),
      ...(ends[1] ? { last: ends[1] } : {}),
    },
    unattested: producers.reduce(
      (all, { attested: upTo = 0, first = 1, last = 0 }) => all + Math.max(0, last - Math.max(upTo, first - 1)),
      0,
    ),
  };
}
