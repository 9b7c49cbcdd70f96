import type { AbsentPeriod, TrailEvent } from '@sallyport/audit-proof';
import { fieldOf } from '../../input/untrusted.ts';

/**
 * Retention deletes whole days. Events of a deleted day may follow those of the next one in their chains, because they
 * waited for Kafka, so nothing is demanded of the first hour that is left.
 */
const firstHour = 3_600_000;
const dayMs = 24 * firstHour;

/** What the configuration says of how long events are kept. Times are in milliseconds since the epoch. */
export type Keeping = {
  /** Days that ended before this may have been deleted. -Infinity if it is not known how long events are kept. */
  before: number;
  holds: readonly { from: number; until?: number | undefined }[];
};

/** Where a store begins, as its events show it. */
export type StoreBeginning = ReturnType<typeof createStoreBeginning>;

/** Creates the finder of where a store begins. */
export function createStoreBeginning({ before, holds }: Keeping) {
  const firsts = new Map<string, number>();
  const days = new Set<number>();
  let [hasFirstCheckpoint, attestedFrom] = [false, Infinity];
  const isHeld = (day: number) =>
    holds.some(({ from, until = Infinity }) => from < (day + 1) * dayMs && until > day * dayMs);
  const firstDay = () => [...days.values()].reduce((first, day) => Math.min(first, day), Infinity);
  const note = (time = '') => {
    const day = Math.floor(Date.parse(time) / dayMs);
    if (Number.isFinite(day)) days.add(day);
  };
  const checkpoint = (found: unknown): void => {
    const heads = fieldOf(found, 'heads');
    for (const head of Array.isArray(heads) ? (heads as unknown[]) : []) {
      const time = fieldOf(head, 'fromTime');
      const at = typeof time === 'string' ? Date.parse(time) : NaN;
      if (at < attestedFrom) attestedFrom = at;
    }
  };
  const place = (producer: string, seq: number, time?: string): void => {
    note(time);
    const first = firsts.get(producer);
    if (first === undefined || seq < first) firsts.set(producer, seq);
  };
  return {
    checkpoint,
    place,
    /** Only one with a place in a chain can tell what checkpoints attest. Anyone could have added another. */
    event({ type, time, data, kept }: Pick<TrailEvent, 'type' | 'time' | 'data' | 'kept'>): void {
      note(time);
      if (!kept) return;
      place(kept.producer, kept.seq);
      if (type !== 'audit.checkpoint') return;
      const found = fieldOf(fieldOf(data, 'sallyport'), 'checkpoint');
      checkpoint(found);
      if (fieldOf(found, 'number') !== undefined && fieldOf(found, 'previous') === undefined) hasFirstCheckpoint = true;
    },
    /** From when on everything must be there, in milliseconds; undefined if the trail begins with its first event. */
    since(): number | undefined {
      const begins = firstDay() * dayMs;
      const isWhole = hasFirstCheckpoint || [...firsts.values()].every((seq) => seq === 1);
      // Events that were old when they arrived are attested after their day, and may be gone although this is not.
      if ((isWhole && attestedFrom >= begins) || begins === Infinity) return undefined;
      // Retention does not delete the day of `before` yet. If that one is not there, something else deleted it.
      return Math.min(begins, before === -Infinity ? Infinity : Math.floor(before / dayMs) * dayMs) + firstHour;
    },
    /** The days between those of legal holds and those that are not old enough to be deleted. */
    absent(): AbsentPeriod[] {
      const first = firstDay();
      const end = [...days.values()].reduce((last, day) => (isHeld(day) ? last : Math.min(last, day)), Infinity);
      const periods: { from: number; until: number }[] = [];
      for (let day = first + 1; day < end && (day + 1) * dayMs <= before; day += 1) {
        if (isHeld(day)) continue;
        const last = periods.at(-1);
        if (last?.until === day * dayMs + firstHour) last.until += dayMs;
        else periods.push({ from: day * dayMs, until: (day + 1) * dayMs + firstHour });
      }
      return periods.map(({ from, until }) => ({
        from: new Date(from).toISOString(),
        until: new Date(until).toISOString(),
      }));
    },
  };
}
