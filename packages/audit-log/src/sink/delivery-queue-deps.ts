import type { AuditRecord } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import type { Sealer } from '@sallyport/audit-proof';
import type { ChainRecords } from './chain-records.ts';

export type DeliveryQueueDeps<Item> = {
  logger: Logger;
  now: () => number;
  /** Gives every event that is accepted its place in the chain. */
  sealer: Sealer;
  chainRecords: ChainRecords;
  /**
   * Called once when an event is accepted and sealed. `value` is its data as it goes on the wire, and valid during the
   * call. Returns the item to deliver; `weight` limits the size of a batch.
   */
  prepare(record: AuditRecord, value: Buffer): { item: Item; weight: number };
  /** Resolves when all items are acknowledged. On failure it is called again with the same array until it succeeds. */
  deliver(items: readonly Item[]): Promise<void>;
  onDelivered?(count: number): void;
  onFailed?(): void;
  onDropped?(count: number): void;
  publishTimeoutMs: number;
  queueLimit: number;
  /** The weight of all queued events at which the queue is full. Events may be long and must not fill the memory. */
  queueWeight?: number;
  /** How long events that no caller waits for may gather before they are sent. */
  lingerMs: number;
  /** The size of a good batch. Gathering ends early when it is reached. */
  gatherCount?: number;
  batchLimit?: number;
  batchWeight?: number;
};

/** Fills in the defaults. */
export function withDefaults<Item>(deps: DeliveryQueueDeps<Item>): Required<DeliveryQueueDeps<Item>> {
  const nothing = () => undefined;
  return {
    onDelivered: nothing,
    onFailed: nothing,
    onDropped: nothing,
    gatherCount: 64,
    batchLimit: 500,
    batchWeight: 512 * 1024,
    queueWeight: 64 * 1024 * 1024,
    ...deps,
  };
}
