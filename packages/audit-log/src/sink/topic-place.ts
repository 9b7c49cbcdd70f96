/** Where events are on a topic: the offset of the first message, and the one after the last. */
export type TopicPlace = {
  topic: string;
  partition: number;
  first: number;
  next: number;
  /** Set if the topic no longer has the messages before the first one, so that a store cannot catch up on them. */
  isOldest?: boolean;
};

/** Returns the offsets of a topic that a store needs next, by partition. Partitions of which it knows nothing are missing. */
export type StoredPositions = (topic: string) => Promise<ReadonlyMap<number, number>>;

/**
 * Thrown by a store that lacks messages before those it was given, as after a failover that lost transactions, or a
 * restore. `next` is the offset of the first message that it lacks.
 */
export class StoreBehindError extends Error {
  override readonly name = 'StoreBehindError';
  readonly next: number;

  constructor(next: number) {
    super(`the store lacks messages from offset ${next} on`);
    this.next = next;
  }
}
