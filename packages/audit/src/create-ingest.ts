import type { AuditConsumer } from '@sallyport/audit-log';
import type { AuditRecord } from '@sallyport/contracts';
import type { Logger } from '@sallyport/kit';
import { UnstorableError, type EventStore } from './events/event-store.ts';

export type IngestDeps = {
  store: Pick<EventStore, 'add'>;
  logger: Logger;
  onStored?(records: readonly AuditRecord[]): void;
  onUnstorable?(count: number): void;
};

/**
 * Creates the consumer that stores events. An event that the store cannot store is found by halving, logged and
 * skipped, so that it does not block the others. Any other failure rejects, and the caller retries.
 */
export function createIngest(deps: IngestDeps): AuditConsumer {
  const store: AuditConsumer = async (records, place) => {
    try {
      await deps.store.add(records, place);
      if (records.length > 0) deps.onStored?.(records);
    } catch (error) {
      if (!(error instanceof UnstorableError)) throw error;
      if (records.length === 1) {
        deps.onUnstorable?.(1);
        deps.logger.error(
          { id: records[0]!.id, type: records[0]!.type, reason: error.message },
          'skipped an audit event that cannot be stored',
        );
        return deps.store.add([], place);
      }
      const middle = Math.ceil(records.length / 2);
      await store(records.slice(0, middle));
      await store(records.slice(middle), place);
    }
  };
  return store;
}
