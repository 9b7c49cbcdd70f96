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

/** The bounds of a document. A larger one is refused. */
const documentBounds = { depth: 32, nodes: 2_000_000, textLength: 65_536 };

const valuesPerStep = 1000;

/** Does the work of checkBounds in steps. */
export function* boundsSteps(document: unknown): Steps<string | undefined> {
  let level: unknown[] = [document];
  let nodes = 0;
  let sinceYield = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > documentBounds.depth) return `is nested more than ${documentBounds.depth} levels deep`;
    const next: unknown[] = [];
    for (const value of level) {
      sinceYield += 1;
      if (sinceYield % valuesPerStep === 0) yield;
      if (typeof value === 'string' && value.length > documentBounds.textLength)
        return `contains a string of more than ${documentBounds.textLength} characters`;
      if (typeof value !== 'object' || value === null) continue;
      const children = Array.isArray(value) ? value : Object.values(value);
      nodes += children.length;
      if (nodes > documentBounds.nodes) return `has more than ${documentBounds.nodes} values`;
      for (const child of children) next.push(child);
    }
    level = next;
  }
  return undefined;
}

/**
 * Returns why a document is too large or too deep to compile, or undefined. Works on documents that contain themselves:
 * it does not recurse.
 */
export function checkBounds(document: unknown): string | undefined {
  return runSteps(boundsSteps(document));
}
