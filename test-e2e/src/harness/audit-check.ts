import type { AuditRecord } from '@sallyport/contracts';
import { addAuditCounts } from './audit-counts.ts';
import { readAuditSchema, type AuditMessage, type AuditSchema } from './audit-schema.ts';

/** Validates events against the published schemas. */
export type AuditCheck = {
  /** `where` is what a person looks for: an offset, or a line of a file. */
  see(message: AuditMessage, where: string): void;
  /** Adds the numbers to those of the run. Throws if an event did not satisfy the schemas. */
  finish(): void;
};

const mostShown = 5;
let schema: AuditSchema | undefined;

/** Returns an event from the in-process bus as a message of the topic. */
export function messageOf({ id, type, source, time, key, data }: AuditRecord): AuditMessage {
  const headers = { ce_id: id, ce_type: type, ce_source: source, ce_time: time, ce_specversion: '1.0' };
  return { headers: { ...headers, 'content-type': 'application/json' }, key, payload: data };
}

/** Starts a check of the events of one gateway. */
export function createAuditCheck(): AuditCheck {
  const counts: Record<string, number> = {};
  const faults: string[] = [];
  return {
    see(message, where) {
      const type = message.headers['ce_type'] ?? 'without a type';
      counts[type] = (counts[type] ?? 0) + 1;
      schema ??= readAuditSchema();
      const found = schema.faultsOf(message);
      if (found.length > 0) faults.push(`${type} at ${where}: ${found.join('; ')}`);
    },
    finish() {
      addAuditCounts(counts);
      if (faults.length === 0) return;
      const more = faults.length > mostShown ? `\n... and ${faults.length - mostShown} more` : '';
      throw new Error(
        `audit events that do not satisfy docs/schemas:\n${faults.slice(0, mostShown).join('\n')}${more}`,
      );
    },
  };
}
