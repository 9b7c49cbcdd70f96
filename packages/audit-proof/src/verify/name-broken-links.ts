import type { Chain } from './chain.ts';
import { prefixOf, slotFlags } from './chain-slots.ts';
import type { FaultList } from './fault-list.ts';
import type { Attested, TrailFault } from './trail.ts';

type Deps = {
  /** All that checkpoints attest. */
  heads: Attested;
  /** Faults of checkpoints, whose events are not also called altered. */
  forged: readonly TrailFault[];
  faults: FaultList;
};

/**
 * Names events whose content has their hash, and which are still not the ones that were written: because the next event
 * or a checkpoint names another hash, or because there are two of them.
 */
export function nameBrokenLinks(chains: ReadonlyMap<string, Chain>, deps: Deps): void {
  for (const chain of chains.values()) {
    const heads = deps.heads.get(chain.producer) ?? [];
    const forged = deps.forged.filter(({ producer }) => producer === chain.producer).map(({ seq }) => seq ?? 0);
    const named = new Set(forged);
    nameForks(chain, named, deps.faults);
    nameLinks(
      chain,
      { genuine: new Set(heads.filter((head) => fits(chain, head)).map(({ seq }) => seq)), named },
      deps.faults,
    );
    nameHeads(chain, { heads, named }, deps.faults);
  }
}

const fits = (chain: Chain, { seq, hash }: { seq: number; hash: string }): boolean =>
  chain.slots.has(seq, slotFlags.seen) && chain.slots.hash(seq) === prefixOf(hash);

function altered(chain: Chain, seq: number, more: Pick<TrailFault, 'detail'> & Partial<TrailFault>): TrailFault {
  const [place, before, after] = [chain.placeOf(seq), chain.neighbor(seq - 1), chain.neighbor(seq + 1)];
  return {
    kind: 'altered',
    producer: chain.producer,
    seq,
    ...(place ? { place } : {}),
    ...(before ? { before } : {}),
    ...(after ? { after } : {}),
    ...more,
  };
}

/** Two events have one number. The next event says which of them is the right one, if it is there. */
function nameForks(chain: Chain, named: Set<number>, faults: FaultList): void {
  for (const { seq, hash, id, place } of chain.forks) {
    const link = chain.broken.get(seq);
    const isRight = link !== undefined && link.expected === prefixOf(hash);
    named.add(seq);
    const other = isRight ? place : chain.placeOf(seq);
    const detail = `another event with this number is at ${other?.source ?? ''}:${other?.position ?? ''}`;
    const wrongId = isRight ? link.id : id;
    faults.add(
      altered(chain, seq, {
        detail: isRight ? `${detail}, which the next event continues` : detail,
        ...(wrongId === undefined ? {} : { id: wrongId }),
        ...(isRight ? {} : { place }),
      }),
    );
  }
}

/**
 * One broken link means that its first event was replaced, together with its hash. If the link after it is broken as
 * well, it is the event between them, together with both hashes.
 */
function nameLinks(
  chain: Chain,
  { genuine, named }: { genuine: ReadonlySet<number>; named: Set<number> },
  faults: FaultList,
): void {
  const done = new Set<number>();
  for (const [seq, link] of [...chain.broken].sort(([one], [other]) => one - other)) {
    if (done.has(seq) || named.has(seq)) continue;
    const next = chain.broken.get(seq + 1);
    if (next) done.add(seq + 1);
    const isNext = next !== undefined || genuine.has(seq);
    const at = isNext ? seq + 1 : seq;
    if (named.has(at)) continue;
    named.add(at);
    const id = isNext ? link.nextId : link.id;
    faults.add(
      altered(chain, at, {
        detail: isNext
          ? 'it does not continue the event before it'
          : 'its hash is not the one that the next event names as the previous hash',
        ...(id === undefined ? {} : { id }),
      }),
    );
  }
}

/** A checkpoint names another hash than the event has: the chain was written anew from some event on. */
function nameHeads(
  chain: Chain,
  { heads, named }: { heads: readonly { seq: number; hash: string }[]; named: ReadonlySet<number> },
  faults: FaultList,
): void {
  let right = 0;
  for (const head of heads.toSorted((one, other) => one.seq - other.seq)) {
    if (!chain.slots.has(head.seq, slotFlags.seen)) continue;
    if (fits(chain, head)) {
      right = head.seq;
      continue;
    }
    if ([...named].some((seq) => seq > right && seq <= head.seq)) return;
    const from = Math.max(right + 1, Math.min(chain.first, head.seq));
    const place = chain.placeOf(head.seq);
    const detail = `a checkpoint attests another hash of event ${head.seq}, so the chain was written anew, from one of these events on`;
    faults.add(
      altered(chain, from, { detail, ...(from === head.seq ? {} : { to: head.seq }), ...(place ? { place } : {}) }),
    );
    return;
  }
}
