import type { Duplex, Readable } from 'node:stream';
import { clusterUnreachable } from './cluster-unreachable.ts';

/**
 * Runs `proceed` when the event of a request is written: at once without `waiting`. `source` is the side of the cluster,
 * which nobody reads until then. Runs nothing if the exchange ended meanwhile, and `refuse` if the event cannot be written
 * or the cluster has gone.
 */
export function whenWritten(
  waiting: Promise<void> | undefined,
  source: Duplex | Readable,
  steps: { proceed(): void; refuse(error: unknown): void; isOver(): boolean },
): void {
  const { proceed, refuse, isOver } = steps;
  if (!waiting) return proceed();
  source.on('error', () => {}); // shows in `destroyed`
  waiting.then(
    () => {
      if (isOver()) return;
      if (source.destroyed) refuse(clusterUnreachable());
      else proceed();
    },
    (error: unknown) => {
      if (!isOver()) refuse(error);
    },
  );
}
