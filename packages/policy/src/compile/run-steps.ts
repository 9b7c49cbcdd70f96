/** Work that can be interrupted at each `yield`. */
export type Steps<T> = Generator<void, T, void>;

/**
 * How work is sliced: `pause` gives other work a turn (for example a promise over setImmediate), and `sliceMs` is how
 * long one slice may take.
 */
export type Slicing = {
  readonly pause: () => Promise<unknown>;
  readonly sliceMs?: number;
  readonly now?: () => number;
};

/** Does all the work at once. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** Does the work in slices of about `sliceMs` milliseconds (default 2), with a pause between them. */
export async function runStepsSliced<T>(steps: Steps<T>, slicing: Slicing): Promise<T> {
  const { pause, sliceMs = 2, now = () => performance.now() } = slicing;
  let until = now() + sliceMs;
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
    if (now() < until) continue;
    await pause();
    until = now() + sliceMs;
  }
}
