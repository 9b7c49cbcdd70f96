import { sampleAuditRecord } from '@sallyport/audit-log';
import type { AuditPage, AuditRecord } from '@sallyport/contracts';
import type { AuditStores } from '../stores/open-stores.ts';

/** What a backend provides to the suite: empty stores, and ways to open others on the same database or to change it. */
export type AuditStoreHarness = {
  stores: AuditStores;
  replica(): AuditStores;
  /** Runs one statement, for example to let time pass. */
  run(sql: string, values: readonly unknown[]): Promise<void>;
  close(): Promise<void>;
};

export const hour = 3_600_000;
export const midday = Date.UTC(2026, 10, 25, 12);

export const ids = (page: AuditPage): string[] => page.events.map((record) => record.id);

/** Returns an event of a session. */
export function makeEvent(
  session: string,
  changes: { at?: number; who?: string; verb?: string; code?: number; namespace?: string } = {},
): AuditRecord {
  const { at = midday, who = 'alice', verb = 'list', code = 200, namespace = 'dev' } = changes;
  const record = sampleAuditRecord({
    session,
    time: at,
    data: {
      verb,
      responseStatus: { code },
      objectRef: { resource: 'pods', subresource: 'log', name: 'web-0', namespace },
      user: { username: `${who}@example.com`, groups: ['developers'] },
    },
  });
  record.data.sallyport.exec = {
    container: 'main',
    command: ['sh', '-c', 'cat /etc/passwd'],
    tty: false,
    stdin: false,
  };
  record.data.sallyport.elevation = { id: 'e1', name: 'incident' };
  record.data.sallyport.agent = { id: 'a1', name: 'review-bot' };
  record.data.sallyport.workload = { name: 'ci' };
  record.data.sallyport.identity = { iss: 'https://idp.example.com', sub: who, groups: [] };
  return record;
}
