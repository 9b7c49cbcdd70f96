/**
 * Does what it is given, in order: at once while this turn of the event loop has time for it, the rest in later turns.
 */
export type InSlices = (work: () => void) => void;

/**
 * Creates a doer that takes `sliceMs` of a turn at most (and one piece of work at least), so that thousands of pieces
 * do not keep everybody else waiting.
 */
export function createInSlices(sliceMs: number): InSlices {
  const left: (() => void)[] = [];
  let usedMs = 0;
  let turnEnds = false;
  const timed = (work: () => void) => {
    const began = performance.now();
    try {
      work();
    } finally {
      usedMs += performance.now() - began;
    }
  };
  const nextTurn = () => {
    usedMs = 0;
    turnEnds = false;
    let done = 0;
    try {
      while (done < left.length && (done === 0 || usedMs < sliceMs)) timed(left[done++]!);
    } finally {
      left.splice(0, done);
      if (done > 0) soon();
    }
  };
  const soon = () => {
    if (turnEnds) return;
    turnEnds = true;
    setImmediate(nextTurn);
  };
  return (work) => {
    soon();
    if (left.length === 0 && usedMs < sliceMs) timed(work);
    else left.push(work);
  };
}
