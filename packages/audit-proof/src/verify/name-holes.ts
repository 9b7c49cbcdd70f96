import type { FaultList } from './fault-list.ts';
import type { Hole } from './place-suspects.ts';
import type { AnnouncedGap, TrailFault } from './trail.ts';

/** Names the events that are not there: all of a producer, the last ones, or others. */
export function nameHoles(
  holes: readonly Hole[],
  { gaps, faults }: { gaps: readonly AnnouncedGap[]; faults: FaultList },
): void {
  for (const { chain, from, to } of holes) {
    const announced = gaps.find((gap) => gap.producer === chain.producer && gap.from <= to && gap.to >= from)?.reason;
    const which = from === to ? `event ${from} is` : `events ${from} to ${to} are`;
    const [before, after] = [chain.neighbor(from - 1, to + 1), chain.neighbor(to + 1)];
    let [kind, detail]: [TrailFault['kind'], string] = ['missing', `${which} missing`];
    if (chain.last === 0)
      [kind, detail] = ['producer-missing', `no event of this producer is there, and a checkpoint attests ${to}`];
    else if (from > chain.last && announced === undefined)
      [kind, detail] = [
        'truncated',
        `${which} missing at the end, and a checkpoint attests ${from === to ? 'it' : 'them'}`,
      ];
    faults.add({
      kind,
      detail,
      producer: chain.producer,
      seq: from,
      ...(from === to ? {} : { to }),
      ...(before ? { before } : {}),
      ...(after ? { after } : {}),
      ...(announced === undefined ? {} : { announced }),
    });
  }
}
