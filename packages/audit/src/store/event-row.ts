import type { AuditEventType, AuditRecord } from '@sallyport/contracts';
import type { Row } from './sql-database.ts';

/** Longer values cannot be indexed; the data has them whole. */
const longestColumn = 500;

/** PostgreSQL has no NUL in text and takes only whole characters; the data, being JSON text, has both escaped. */
function clean(text: string): string {
  return text.slice(0, longestColumn).toWellFormed().replaceAll('\0', '\ufffd');
}

/** Clients write times in many ways; PostgreSQL reads RFC 3339, with microseconds. */
function timeOf(text: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) ? text : new Date(text).toISOString();
}

/** The columns of one event: what queries filter by, and the data as it came. */
export function toRow({ id, type, source, time, key, data }: AuditRecord): Row {
  const { sallyport, objectRef } = data;
  const columns: Record<string, string | undefined> = {
    id, type, source, key, audit_id: data.auditID, stage: data.stage, username: data.user.username,
    issuer: sallyport.identity?.iss, subject: sallyport.identity?.sub, session: sallyport.sessionId, cluster: sallyport.cluster?.name,
    namespace: objectRef?.namespace, resource: objectRef?.resource, subresource: objectRef?.subresource, name: objectRef?.name,
    verb: data.verb, effect: sallyport.decision?.effect,
  };
  const code = data.responseStatus?.code;
  return {
    ...Object.fromEntries(Object.entries(columns).map(([name, value]) => [name, value === undefined ? null : clean(value)])),
    time: timeOf(time), code: Number.isInteger(code) ? code : null, data: JSON.stringify(data),
  };
}

/** The event of a row selected with `eventColumns`. */
export function fromRow(row: Row): AuditRecord {
  return {
    id: String(row.id), type: String(row.type) as AuditEventType, source: String(row.source), time: String(row.time), key: String(row.key),
    data: JSON.parse(String(row.data)) as AuditRecord['data'],
  };
}

/** What `fromRow` reads. The time is written out here, as drivers would cut it to milliseconds. */
export const eventColumns = `id, ingest, type, source, key, data, to_char(time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as time`;
