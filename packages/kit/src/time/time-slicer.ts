/**
 * Creates a slicer that uses at most `sliceMs` milliseconds of a turn, and at least one step, so that thousands of
 * steps do not keep other requests waiting.
 */
export function createTimeSlicer(sliceMs: number) {
  const waiting: (() => void)[] = [];
  let until = 0;
  let scheduled = false;
  const hasTime = () => performance.now() < until;
  const beginSlice = () => {
    if (scheduled) return;
    scheduled = true;
    until = performance.now() + sliceMs;
    setImmediate(nextTurn);
  };
  const nextTurn = () => {
    scheduled = false;
    if (waiting.length === 0) return;
    beginSlice();
    let done = 0;
    try {
      do waiting[done++]!();
      while (done < waiting.length && hasTime());
    } finally {
      waiting.splice(0, done);
    }
  };
  /** Does `work` now if the current turn of the event loop has time left, otherwise in a later turn. Keeps the order. */
  const run = (work: () => void) => {
    beginSlice();
    if (waiting.length === 0 && hasTime()) work();
    else waiting.push(work);
  };
  /** Resolves now if the current turn has time left, otherwise in a later turn. A loop awaits it between two steps. */
  const turn = () => new Promise<void>(run);
  return { run, turn };
}
