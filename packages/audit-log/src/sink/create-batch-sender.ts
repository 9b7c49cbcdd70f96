import type { Logger } from '@sallyport/kit';
import { UndeliverableError } from '../kafka/kafka-errors.ts';
import { createInterruptiblePause } from './interruptible-pause.ts';

/** Whether events can be delivered. Logs one line when that ends, and one when they can be delivered again. */
type DeliveryOutage = {
  readonly isOn: boolean;
  failed(reason: string, queued: number): void;
  recovered(queued: number): void;
};

/** Creates the log of outages. `now` returns milliseconds since the epoch. */
function createDeliveryOutage({ logger, now }: { logger: Logger; now: () => number }): DeliveryOutage {
  let since: number | undefined;
  return {
    get isOn() {
      return since !== undefined;
    },
    failed(reason, queued) {
      if (since !== undefined) return;
      since = now();
      logger.warn({ reason, queued }, 'cannot deliver audit events; keeping them and retrying');
    },
    recovered(queued) {
      if (since === undefined) return;
      logger.info({ awayMs: Math.round(now() - since), queued }, 'delivering audit events again');
      since = undefined;
    },
  };
}

export type BatchSenderDeps<Entry, Batch> = {
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  /**
   * Returns what is sent for these entries. Called once, however often it is sent. Throws `UndeliverableError` if one of
   * them cannot be read.
   */
  encode(entries: readonly Entry[]): Batch;
  /** Resolves when all is acknowledged. Rejects with `UndeliverableError` if one of the entries is refused for good. */
  send(batch: Batch): Promise<void>;
  onAcknowledged(entries: readonly Entry[]): void;
  /** The log refuses this entry for good, and goes on without it. */
  onRefused(entry: Entry, error: UndeliverableError): void;
  onFailed(): void;
  /** How many events wait, for the log. */
  queued(): number;
};

/** Sends batches until they are acknowledged. */
export type BatchSender<Entry> = {
  /** Resolves when each entry is acknowledged or refused, or when `stop` was called. Only one batch at a time. */
  send(entries: readonly Entry[]): Promise<void>;
  /** Notes that something else prevents the delivery, and waits before the next attempt. */
  waitAfter(error: unknown): Promise<void>;
  /** True from a failure until a delivery succeeds. */
  readonly isFailing: boolean;
  /** Tries again at once. */
  hurry(): void;
  /** Makes no more attempts. */
  stop(): void;
};

const [minBackoffMs, maxBackoffMs] = [50, 1000];

/** Creates a sender. It tries again in growing intervals, of at most a second, and logs when an outage begins and ends. */
export function createBatchSender<Entry, Batch>(deps: BatchSenderDeps<Entry, Batch>): BatchSender<Entry> {
  const [outage, pause] = [createDeliveryOutage(deps), createInterruptiblePause()];
  let isStopped = false;
  const failed = (error: unknown) => {
    deps.onFailed();
    outage.failed((error as Error).message, deps.queued());
  };
  const send = async (entries: readonly Entry[]): Promise<void> => {
    let batch: Batch | undefined;
    for (let attempt = 0; !isStopped; attempt += 1) {
      try {
        batch ??= deps.encode(entries);
        await deps.send(batch);
      } catch (error) {
        if (error instanceof UndeliverableError) return divide(entries, error);
        failed(error);
        await pause.wait(Math.min(minBackoffMs * 2 ** attempt, maxBackoffMs));
        continue;
      }
      // close() has already counted these events as left, so a late acknowledgement is ignored.
      if (isStopped) return;
      deps.onAcknowledged(entries);
      outage.recovered(deps.queued());
      return;
    }
  };
  /** Finds the entry that the log refuses by halving the batch, so that it does not block the others. */
  const divide = async (entries: readonly Entry[], error: UndeliverableError): Promise<void> => {
    if (isStopped) return;
    if (entries.length === 1) {
      deps.onFailed();
      return deps.onRefused(entries[0]!, error);
    }
    const middle = Math.ceil(entries.length / 2);
    await send(entries.slice(0, middle));
    await send(entries.slice(middle));
  };
  return {
    send,
    async waitAfter(error) {
      if (isStopped) return;
      failed(error);
      await pause.wait(maxBackoffMs);
    },
    get isFailing() {
      return outage.isOn;
    },
    hurry: () => pause.end(),
    stop() {
      isStopped = true;
      pause.end();
    },
  };
}
