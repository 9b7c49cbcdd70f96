import type { AuditCheckpoint } from '@sallyport/contracts';
import { checkSignature, isWhole } from '../checkpoint/check-signature.ts';
import type { CheckpointKeys } from '../checkpoint/checkpoint-keys.ts';
import { hashCheckpoint, type SignedCheckpoint } from '../checkpoint/sign-checkpoint.ts';
import { createAbsentTimes, type AbsentPeriod } from './absent-times.ts';
import type { TrailEvent } from './trail.ts';

/** What a store must know of a trail that it gets from elsewhere, before it signs checkpoints of its own. */
export type CarriedTrail = {
  /** In their order, each of them once. */
  checkpoints: readonly SignedCheckpoint[];
  /** Of each chain from which events were deleted, the first one after the last of these, and the hash before it. */
  begins: readonly { producer: string; seq: number; prevHash: string }[];
};

export type TrailSurvey = {
  /** Takes the events of a trail in their order. */
  add(event: Pick<TrailEvent, 'type' | 'time' | 'data'>): void;
  /**
   * Returns what was found. Without `read`, all events that are not there count as deleted. Otherwise only those at the
   * beginning of a chain and at these times do, and others are left to be reported as missing.
   */
  carried(read?: { since?: string; absent?: readonly AbsentPeriod[] }): CarriedTrail;
};

type Begin = { seq: number; prevHash: string; before?: number; at: number };
type SurveyedChain = { seq: number; time: number; begins: Begin[] };

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * Creates a survey of a trail. With `keys`, only checkpoints that one of them signed count. With `lastOnly`, only the last
 * one of each key is returned, because a long trail has very many.
 */
export function createTrailSurvey({ keys, lastOnly }: { keys?: CheckpointKeys; lastOnly?: true } = {}): TrailSurvey {
  const checkpoints = new Map<string, SignedCheckpoint>();
  const chains = new Map<string, SurveyedChain>();

  const nameOf = (found: SignedCheckpoint): string | undefined => {
    try {
      if (keys && checkSignature(found, keys) !== undefined) return undefined;
      return lastOnly ? found.keyId : hashCheckpoint(found);
    } catch {
      return undefined; // it has a number that JSON does not have, which no checkpoint has
    }
  };
  const noteCheckpoint = (found: AuditCheckpoint): void => {
    if (!isWhole(found)) return;
    const name = nameOf(found);
    if (name === undefined) return;
    const known = checkpoints.get(name);
    // One that was published again counts where it was first.
    if (known && known.number >= found.number) return;
    checkpoints.delete(name);
    checkpoints.set(name, found);
  };
  return {
    add({ type, time, data }) {
      const part = isRecord(data) && isRecord(data.sallyport) ? data.sallyport : {};
      const { producer, seq, prevHash, checkpoint } = part;
      if (typeof producer !== 'string' || typeof prevHash !== 'string') return;
      if (!Number.isSafeInteger(seq)) return;
      const [number, at] = [seq as number, Date.parse(time)];
      const chain = chains.get(producer);
      const begins = chain?.begins ?? [];
      if (number > 1 && number !== (chain?.seq ?? 0) + 1)
        begins.push({ seq: number, prevHash, at, ...(chain ? { before: chain.time } : {}) });
      chains.set(producer, { seq: number, time: at, begins });
      if (type === 'audit.checkpoint' && isRecord(checkpoint)) noteCheckpoint(checkpoint);
    },
    carried(read) {
      const absent = read && createAbsentTimes(read.since, read.absent ?? []);
      return {
        checkpoints: [...checkpoints.values()],
        begins: [...chains].flatMap(([producer, { begins }]) => {
          const begin = begins.findLast(
            ({ before, at }) => before === undefined || !absent || absent.touch(before, at),
          );
          return begin ? [{ producer, seq: begin.seq, prevHash: begin.prevHash }] : [];
        }),
      };
    },
  };
}
