import type { AuditCheckpoint, ChainHead } from '@sallyport/contracts';
import { checkSignature } from '../checkpoint/check-signature.ts';
import type { CheckpointKeys } from '../checkpoint/checkpoint-keys.ts';
import { hashCheckpoint, type SignedCheckpoint } from '../checkpoint/sign-checkpoint.ts';
import type { AbsentTimes } from './absent-times.ts';
import { show, type TrailFault, type TrailPlace } from './trail.ts';

/** Where a checkpoint was found: in an event of the trail, or in the second place. */
export type CheckpointOrigin = { place: TrailPlace; producer?: string; seq?: number; id?: string };

type Found = {
  checkpoint: SignedCheckpoint;
  hash: string;
  origin: CheckpointOrigin;
  /** Whether an event of the trail has it. */
  inTrail: boolean;
};
type Repeat = { found: Found; origin: CheckpointOrigin; isOlder: boolean };

/** The signed checkpoints of a trail, in their order, and what is wrong with them. */
export type CheckpointReport = {
  /** The attestations that count: those after the checkpoint at which verification starts. */
  attesting: Pick<SignedCheckpoint, 'heads'>[];
  all: SignedCheckpoint[];
  faults: TrailFault[];
  /** Whether no checkpoint is missing between the first and the last. */
  isComplete: boolean;
};

export type CheckpointTrail = {
  add(checkpoint: AuditCheckpoint, origin: CheckpointOrigin, inTrail: boolean): void;
  readonly count: number;
  /**
   * `isBroken` tells of an event whether the next one in its chain names another hash, and `isReached` whether the trail
   * has events of the time that a head attests.
   */
  report(deps: {
    since?: string;
    absent: AbsentTimes;
    isBroken(origin: CheckpointOrigin): boolean;
    isReached(head: ChainHead): boolean;
  }): CheckpointReport;
};

const where = ({ producer, seq, id, place }: CheckpointOrigin) => ({
  place,
  ...(producer === undefined ? {} : { producer }),
  ...(seq === undefined ? {} : { seq }),
  ...(id === undefined ? {} : { id }),
});

/** Creates the collection of the signed checkpoints of a trail. */
export function createCheckpointTrail(keys: CheckpointKeys): CheckpointTrail {
  const byHash = new Map<string, Found>();
  const byNumber = new Map<string, Found>();
  const lastOf = new Map<string, number>();
  const repeats: Repeat[] = [];
  const faults: TrailFault[] = [];

  const forged = (origin: CheckpointOrigin, detail: string, number: unknown): void => {
    faults.push({
      kind: 'forged-checkpoint',
      detail,
      ...where(origin),
      ...(typeof number === 'number' ? { checkpoint: number } : {}),
    });
  };
  return {
    get count() {
      return byHash.size;
    },
    add(checkpoint, origin, inTrail) {
      const fault = checkSignature(checkpoint, keys);
      if (fault !== undefined) return forged(origin, fault, checkpoint.number);
      const signed = checkpoint as SignedCheckpoint;
      const name = `${signed.keyId} ${signed.number}`;
      const hash = hashCheckpoint(signed);
      const known = byNumber.get(name);
      if (known && known.hash !== hash)
        return forged(origin, `another checkpoint with its number is at ${show(known.origin.place)}`, signed.number);
      // The checkpoints of a replica follow each other. Another one may publish one again that it found unpublished.
      const chain = `${origin.producer ?? ''} ${signed.keyId}`;
      const isOlder = inTrail && signed.number <= (lastOf.get(chain) ?? 0);
      if (inTrail) lastOf.set(chain, Math.max(signed.number, lastOf.get(chain) ?? 0));
      if (known?.inTrail && inTrail) return void repeats.push({ found: known, origin, isOlder });
      const found = { checkpoint: signed, hash, origin: inTrail || !known ? origin : known.origin, inTrail };
      byHash.set(hash, { ...found, inTrail: inTrail || known?.inTrail === true });
      byNumber.set(name, byHash.get(hash)!);
    },
    report({ since, absent, isBroken, isReached }) {
      const all = inOrder(byHash);
      const missing = findMissing(all, byHash, absent);
      for (const { found, origin, isOlder } of repeats) {
        if (!isOlder && missing.length === 0 && !isBroken(origin)) continue;
        const { number } = found.checkpoint;
        forged(origin, `it repeats checkpoint ${number}, which is at ${show(found.origin.place)}`, number);
      }
      return {
        all: all.map(({ checkpoint }) => checkpoint),
        attesting: findAttesting(all, { since, absent, isReached }),
        // A checkpoint that was replaced by a forged one is missing as well. That is one fault.
        faults: missing.length > faults.length ? [...faults, ...missing] : [...faults],
        isComplete: missing.length === 0,
      };
    },
  };
}

/** Orders checkpoints by their links, and those that are not linked by their times. */
function inOrder(byHash: ReadonlyMap<string, Found>): Found[] {
  const next = new Map<string, Found>();
  for (const found of byHash.values())
    if (found.checkpoint.previous !== undefined) next.set(found.checkpoint.previous, found);
  const starts = [...byHash.values()]
    .filter(({ checkpoint: { previous } }) => previous === undefined || !byHash.has(previous))
    .sort((one, other) => Date.parse(one.checkpoint.time) - Date.parse(other.checkpoint.time));
  return starts.flatMap((start) => {
    const run = [];
    for (let found: Found | undefined = start; found; found = next.get(found.hash)) run.push(found);
    return run;
  });
}

const timeOf = ({ checkpoint }: Pick<Found, 'checkpoint'>): number => Date.parse(checkpoint.time);

/** Returns a fault for each place where the line of checkpoints is interrupted. */
function findMissing(all: readonly Found[], byHash: ReadonlyMap<string, Found>, absent: AbsentTimes): TrailFault[] {
  return all.flatMap(({ checkpoint, origin }, index): TrailFault[] => {
    const before = all[index - 1];
    if (!before || (checkpoint.previous !== undefined && byHash.has(checkpoint.previous))) return [];
    const last = before.checkpoint;
    const isGap = last.keyId === checkpoint.keyId && last.number + 1 < checkpoint.number;
    const which = isGap ? `checkpoints ${last.number + 1} to ${checkpoint.number - 1}` : 'checkpoints';
    const detail =
      checkpoint.previous === undefined || (last.keyId === checkpoint.keyId && !isGap)
        ? `it does not continue checkpoint ${last.number}, which is at ${show(before.origin.place)}`
        : `${which} between ${show(before.origin.place)} and ${show(origin.place)} are missing`;
    const kind = checkpoint.previous === undefined ? 'forged-checkpoint' : 'missing';
    const isAbsent = absent.touch(timeOf(before), timeOf({ checkpoint }));
    if (kind === 'missing' && (isGap || last.keyId !== checkpoint.keyId) && isAbsent) return [];
    return [{ kind, detail, ...where(origin), checkpoint: checkpoint.number }];
  });
}

/**
 * Returns the index of the first checkpoint whose attestations count. The trail begins at the first checkpoint that is in
 * it, or that attests an event in it. What that one attests came before it and may have been deleted, unless it is the
 * very first checkpoint.
 */
function startOf(all: readonly Found[], since: string | undefined, isReached: (head: ChainHead) => boolean): number {
  if (since !== undefined) {
    const index = all.findIndex(({ checkpoint }) => Date.parse(checkpoint.time) >= Date.parse(since));
    return index === -1 ? all.length : index + 1;
  }
  const base = all.findIndex(({ inTrail, checkpoint }) => inTrail || checkpoint.heads.some(isReached));
  if (base === -1) return 0;
  return all[base]!.checkpoint.previous === undefined ? base : base + 1;
}

/**
 * Returns the heads whose events must be there. A head with times shows itself whether its events can have been deleted.
 * Any other counts by the time of its checkpoint, and what the first one after deleted events attests may be among them.
 */
function findAttesting(
  all: readonly Found[],
  deps: { since: string | undefined; absent: AbsentTimes; isReached: (head: ChainHead) => boolean },
): CheckpointReport['attesting'] {
  const { since, absent, isReached } = deps;
  const start = startOf(all, since, isReached);
  const wasAbsent = (found: Found | undefined) => found !== undefined && absent.has(timeOf(found));
  const first = since === undefined ? start : 0;
  return all.slice(first).map((found, offset) => {
    const index = first + offset;
    const isWhole = index >= start && !wasAbsent(found) && !wasAbsent(all[index - 1]);
    const { heads } = found.checkpoint;
    return {
      heads: isWhole ? heads : heads.filter(({ fromTime, seqTime }) => fromTime !== undefined && seqTime !== undefined),
    };
  });
}
