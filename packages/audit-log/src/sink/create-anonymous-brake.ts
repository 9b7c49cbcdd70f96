import type { AuditRecord } from '@sallyport/contracts';
import { createAnonymousAggregator } from './create-anonymous-aggregator.ts';

/** Keeps callers who are not logged in from using up the room in a queue that others need. */
export type AnonymousBrake = {
  /** Takes the event if the queue is at least half full and its caller is anonymous. Returns whether it did. */
  take(record: AuditRecord): boolean;
  /** Passes on all that is held, whether or not there is room. For the end of the queue. */
  end(): void;
};

type Deps = {
  isHalfFull(): boolean;
  /** Queues the event of a group that was held. */
  accept(record: AuditRecord): void;
};

/** How long the events of anonymous callers may gather before the brake looks whether there is room again. */
const gatherMs = 1000;

/** Creates the brake. What it holds is bounded: a flood becomes one event for each group of callers, with a count. */
export function createAnonymousBrake({ isHalfFull, accept }: Deps): AnonymousBrake {
  const aggregator = createAnonymousAggregator();
  let timer: NodeJS.Timeout | undefined;
  const wait = () => void (timer ??= setTimeout(release, gatherMs).unref());
  const release = () => {
    timer = undefined;
    if (isHalfFull()) wait();
    else aggregator.drain().forEach(accept);
  };
  return {
    take(record) {
      if (!isHalfFull() || !aggregator.take(record)) return false;
      wait();
      return true;
    },
    end() {
      clearTimeout(timer);
      aggregator.drain().forEach(accept);
    },
  };
}
