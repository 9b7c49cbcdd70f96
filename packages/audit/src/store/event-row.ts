import { hash } from 'node:crypto';
import type { AuditEventType, AuditRecord } from '@sallyport/contracts';
import { anonymousGroup } from '@sallyport/audit-log';
import type { Row } from './sql-database.ts';

/** Longer values cannot be indexed; the data has them whole. */
const longestColumn = 500;
/**
 * An index takes rows of 2704 bytes, and has up to three columns: an event that does not fit would not be stored at
 * all.
 */
const room = new Uint8Array(800);

/**
 * A value as it can be searched. PostgreSQL has no NUL in text and takes only whole characters; the data, being JSON
 * text, has both escaped.
 */
export function searchable(text: string): string {
  const whole = text.slice(0, longestColumn).toWellFormed().replaceAll('\0', '\ufffd');
  return whole.length * 3 <= room.length ? whole : whole.slice(0, new TextEncoder().encodeInto(whole, room).read);
}

/**
 * A value that says whose an event is. One that cannot be kept as it is, is not kept: cut, it could be somebody else's.
 */
function exact(text: string | undefined): string | undefined {
  return text === undefined || searchable(text) !== text ? undefined : text;
}

/** Clients write times in many ways; PostgreSQL reads RFC 3339, with microseconds. */
function timeOf(text: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? text
    : new Date(text).toISOString();
}

/** No event stands for more: sums of it stay exact numbers. */
const mostInOne = 1_000_000_000;

/** How many events this one stands for, by its own account. */
function countOf({
  data: {
    sallyport: { aggregated },
  },
}: AuditRecord): number {
  const count = aggregated?.count ?? 1;
  return Number.isInteger(count) && count >= 1 && count <= mostInOne ? count : 1;
}

/** When the first of those that it stands for was: never later than the event itself. */
function firstTimeOf({
  time,
  data: {
    sallyport: { aggregated },
  },
}: AuditRecord): string {
  const first = aggregated?.firstTimestamp ?? time;
  return Date.parse(first) <= Date.parse(time) ? timeOf(first) : timeOf(time);
}

/**
 * What an event of an anonymous caller is counted under, hour by hour; undefined for others, each of which is kept for
 * itself.
 */
export function foldOf(record: AuditRecord): Row | undefined {
  const group = anonymousGroup(record);
  if (!group) return undefined;
  const hour = new Date(record.time).toISOString().slice(0, -':00:00.000Z'.length);
  return {
    fold: hash('sha256', `${hour} ${group.key}`, 'base64url'),
    count: countOf(record),
    first_time: firstTimeOf(record),
  };
}

/** The columns of one event: what queries filter by, and the data as it came. */
export function toRow({ id, type, source, time, key, data }: AuditRecord): Row {
  const { sallyport, objectRef } = data;
  const columns: Record<string, string | undefined> = {
    id,
    type,
    source,
    key,
    audit_id: data.auditID,
    stage: data.stage,
    username: data.user.username,
    issuer: exact(sallyport.identity?.iss),
    subject: exact(sallyport.identity?.sub),
    session: sallyport.sessionId,
    cluster: sallyport.cluster?.name,
    namespace: objectRef?.namespace,
    resource: objectRef?.resource,
    subresource: objectRef?.subresource,
    name: objectRef?.name,
    verb: data.verb,
    effect: sallyport.decision?.effect,
  };
  const code = data.responseStatus?.code;
  return {
    ...Object.fromEntries(
      Object.entries(columns).map(([name, value]) => [name, value === undefined ? null : searchable(value)]),
    ),
    time: timeOf(time),
    code: Number.isInteger(code) ? code : null,
    data: JSON.stringify(data),
  };
}

/** The event of a row selected with `eventColumns`. */
export function fromRow(row: Row): AuditRecord {
  const record: AuditRecord = {
    id: String(row.id),
    type: String(row.type) as AuditEventType,
    source: String(row.source),
    time: String(row.time),
    key: String(row.key),
    data: JSON.parse(String(row.data)) as AuditRecord['data'],
  };
  const count = Number(row.count ?? 1);
  // One that was never counted together with others is as it came.
  if (count === countOf(record)) return record;
  const { address = '', cause } = anonymousGroup(record) ?? {};
  record.data.sallyport.aggregated = {
    ...record.data.sallyport.aggregated,
    count,
    firstTimestamp: String(row.first_time),
    lastTimestamp: String(row.last_time),
    ...(address === '' ? {} : { address }),
    ...(cause === undefined ? {} : { cause }),
  };
  return record;
}

/** Written out here, as drivers would cut it to milliseconds. */
const written = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${column}`;

/** What `fromRow` reads, of events with their aggregates. */
export const eventColumns = `id, ingest, type, source, key, data, ${written('time')}, count, ${written('first_time')}, ${written('last_time')}`;
