import type { Duplex, Readable } from 'node:stream';
import type { ProblemError } from '@sallyport/kit';

/**
 * Runs `proceed` when the event of a request is written: at once without `waiting`. `source` is the side of the cluster,
 * which nobody reads until then, and `gone` the problem if it has closed. Runs nothing if the exchange ended meanwhile, and `refuse` if the event cannot be written
 * or the cluster has gone.
 */
export function whenWritten(
  waiting: Promise<void> | undefined,
  source: Duplex | Readable,
  steps: { proceed(): void; refuse(error: unknown): void; gone(): ProblemError; isOver(): boolean },
): void {
  const { proceed, refuse, gone, isOver } = steps;
  if (!waiting) return proceed();
  source.on('error', () => {}); // shows in `destroyed`
  waiting.then(
    () => {
      if (isOver()) return;
      if (source.destroyed) refuse(gone());
      else proceed();
    },
    (error: unknown) => {
      if (!isOver()) refuse(error);
    },
  );
}
