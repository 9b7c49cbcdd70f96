import type { Logger } from '@sallyport/kit';
import type { Files } from '@sallyport/spool';
import type { AuditConsumer } from '../sink/audit-sink.ts';
import type { ConsumerPositions } from './consumer-positions.ts';
import { TrailConsumer } from './trail-consumer.ts';
import type { Trail } from './trail.ts';

type ConsumerSetDeps = {
  trail: Trail;
  positions: ConsumerPositions;
  files: Files;
  logger: Logger;
  /** Called for each line that is not an event. */
  onSkipped(): void;
};

/** The consumers of a trail. */
export type ConsumerSet = {
  /** Adds a consumer, and returns a function that removes it. Throws if the name is in use or not allowed. */
  subscribe(name: string, consumer: AuditConsumer, store?: string): () => Promise<void>;
  /** Says that there are new lines. */
  wake(): void;
  /** Returns how many bytes each consumer has not read, by name. */
  behind(): ReadonlyMap<string, number>;
  /** Lets all consumers read on for `timeoutMs` at most, and stops them. */
  close(timeoutMs: number): Promise<void>;
  /** Resolves when all consumers have ended, however long one takes. */
  ended(): Promise<void>;
};

/** It is the name of a file, too. */
const allowed = /^[a-z][a-z0-9-]{0,63}$/;

/** Creates the set. */
export function createConsumerSet(deps: ConsumerSetDeps): ConsumerSet {
  const consumers = new Map<string, TrailConsumer>();
  let isClosed = false;
  return {
    subscribe(name, consumer, store) {
      if (isClosed) throw new Error('the audit log is closed');
      if (!allowed.test(name)) throw new Error(`${name} is not allowed as the name of a consumer`);
      if (consumers.has(name)) throw new Error(`the audit log already has a consumer ${name}`);
      const made = new TrailConsumer({ ...deps, name, consumer, store });
      consumers.set(name, made);
      return async () => {
        await made.stop();
        if (consumers.get(name) === made) consumers.delete(name);
      };
    },
    wake() {
      for (const consumer of consumers.values()) consumer.wake();
    },
    behind: () => new Map([...consumers].map(([name, consumer]) => [name, consumer.behindBytes])),
    async close(timeoutMs) {
      isClosed = true;
      await Promise.all(
        [...consumers.values()].map(async (consumer) => {
          await consumer.drain(timeoutMs);
          await consumer.stop();
        }),
      );
    },
    ended: async () => void (await Promise.all([...consumers.values()].map(({ ended }) => ended))),
  };
}
