import type { TrailFault } from './trail.ts';

/** Collects faults. Keeps the first ones, and counts all. */
export type FaultList = { add(fault: TrailFault): void; readonly kept: TrailFault[]; readonly count: number };

/** Creates a list that keeps at most `most` faults. */
export function createFaultList(most: number, onFault?: (fault: TrailFault) => void): FaultList {
  const kept: TrailFault[] = [];
  let count = 0;
  return {
    kept,
    get count() {
      return count;
    },
    add(fault) {
      count += 1;
      if (kept.length < most) kept.push(fault);
      onFault?.(fault);
    },
  };
}
