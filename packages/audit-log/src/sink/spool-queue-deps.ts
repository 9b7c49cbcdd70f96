import type { Sealer } from '@sallyport/audit-proof';
import type { Logger } from '@sallyport/kit';
import type { Spool } from '@sallyport/spool';
import type { AuditMessage } from '../kafka/audit-message.ts';
import type { ChainRecords } from './chain-records.ts';

export type SpoolQueueDeps = {
  spool: Spool;
  sealer: Sealer;
  chainRecords: ChainRecords;
  logger: Logger;
  /** Milliseconds since the epoch. */
  now: () => number;
  publishTimeoutMs: number;
  /** How long events that no caller waits for may gather before they are sent. */
  lingerMs: number;
  /** Resolves when all messages are acknowledged. */
  deliver(messages: AuditMessage[]): Promise<void>;
  onDelivered(count: number): void;
  onFailed(): void;
  onDropped(count: number): void;
};
