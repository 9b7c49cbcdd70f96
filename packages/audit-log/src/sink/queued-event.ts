import { ProblemError } from '@sallyport/kit';

/** A caller that waits for the acknowledgement of an event. */
export type Waiter = { resolve(): void; reject(error: unknown): void; timer: NodeJS.Timeout | undefined };

/** An event that is accepted and not acknowledged yet. */
export type QueuedEvent<Item> = {
  item: Item;
  weight: number;
  at: number;
  seq: number;
  /** It reports a loss, so its own loss is not reported. */
  isGap: boolean;
  waiter: Waiter | undefined;
  /** What the callers wait for that publish it: several do if one of them does so again. */
  waiting?: Promise<void> | undefined;
  /** Its id, if it was published. */
  id?: string;
};

/** Tells the callers that their events are acknowledged. */
export function resolveWaiters(events: readonly { waiter: Waiter | undefined }[]): void {
  for (const { waiter } of events) {
    if (!waiter) continue;
    clearTimeout(waiter.timer);
    waiter.resolve();
  }
}

/** Tells the callers that their events are lost. */
export function rejectWaiters(events: readonly { waiter: Waiter | undefined }[]): void {
  for (const { waiter } of events) {
    if (!waiter) continue;
    clearTimeout(waiter.timer);
    waiter.reject(unavailable('The audit log did not accept the event.'));
  }
}

/** Returns the error that refuses an event. */
export function unavailable(detail: string): ProblemError {
  return new ProblemError('audit-unavailable', detail);
}
