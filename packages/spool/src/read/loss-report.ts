import type { LostEntries } from '../segments/segment-list.ts';

/** Reports lost entries. */
export type LossReport = {
  /** How many were reported. */
  readonly count: number;
  note(lost: LostEntries): void;
  /** Returns what was reported since the last call. */
  take(): LostEntries[];
};

/** Creates a report that names each lost entry once, and none that was acknowledged. */
export function createLossReport(acknowledged: () => number, report: (lost: LostEntries) => void): LossReport {
  let reported: LostEntries[] = [];
  let untaken: LostEntries[] = [];
  let count = 0;
  return {
    get count() {
      return count;
    },
    take() {
      const taken = untaken;
      untaken = [];
      return taken;
    },
    note({ from, to, reason }) {
      reported = reported.filter((known) => known.to > acknowledged());
      for (let first = Math.max(from, acknowledged() + 1); first <= to;) {
        const known = reported.find((range) => range.from <= first && first <= range.to);
        const after = Math.min(...reported.map((range) => range.from).filter((start) => start > first));
        const lost = { from: first, to: Math.min(to, after - 1), reason };
        first = (known ?? lost).to + 1;
        if (known) continue;
        reported.push(lost);
        untaken.push(lost);
        count += lost.to - lost.from + 1;
        report(lost);
      }
    },
  };
}
