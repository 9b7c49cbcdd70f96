import { hash } from 'node:crypto';
import { anonymousGroup } from '@sallyport/audit-log';
import { isRoutine, resultOf, type AuditEventType, type AuditRecord, type SallyportPart } from '@sallyport/contracts';
import type { Row } from '../database/sql-database.ts';
import { UnstorableError } from './event-store.ts';
import { termsOf } from './event-terms.ts';

/**
 * The columns of an event, and their types. What stores events, what moves them and what verifies them use this list. Add
 * a new column here, and fill it in `toRow`.
 */
const columnTypes = {
  id: 'text',
  type: 'text',
  source: 'text',
  key: 'text',
  audit_id: 'text',
  stage: 'text',
  username: 'text',
  issuer: 'text',
  subject: 'text',
  session: 'text',
  cluster: 'text',
  namespace: 'text',
  resource: 'text',
  subresource: 'text',
  name: 'text',
  verb: 'text',
  effect: 'text',
  rule: 'text',
  address: 'text',
  command: 'text',
  data: 'text',
  reasons: 'text[]',
  elevation: 'text[]',
  time: 'timestamptz',
  code: 'integer',
} as const;

/** The columns with the place of an event in its chain. Hashes are bytes in the table, and hexadecimal in a row. */
const placeTypes = { producer: 'text', seq: 'bigint', prev_hash: 'text', hash: 'text' } as const;

export type EventColumn = keyof typeof columnTypes;
type PlaceColumn = keyof typeof placeTypes;

export const eventColumnNames = Object.keys(columnTypes) as EventColumn[];
export const placeColumnNames = Object.keys(placeTypes) as PlaceColumn[];

/** The types of the columns of a row, as it is given to a statement. */
export const givenTypes: Readonly<Record<EventColumn | PlaceColumn, string>> = { ...columnTypes, ...placeTypes };

/** The definition of a row as JSON, for `json_to_recordset`. */
export const rowType: string = Object.entries(givenTypes)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ');

/** Longer values cannot be indexed. `data` contains them in full. */
const maxColumnLength = 500;
/** An index row may have 2704 bytes, and up to three columns. An event that does not fit could not be stored at all. */
const room = new Uint8Array(800);

/**
 * Returns a value in the form in which it can be searched. PostgreSQL does not allow NUL or lone surrogates in text. In
 * the data, which is JSON, both are escaped.
 */
export function searchable(text: string): string {
  // Almost every value is short and can be searched as it is.
  if (text.length * 3 <= room.length && text.isWellFormed() && !text.includes('\0')) return text;
  const whole = text.slice(0, maxColumnLength).toWellFormed().replaceAll('\0', '\ufffd');
  return whole.length * 3 <= room.length ? whole : whole.slice(0, new TextEncoder().encodeInto(whole, room).read);
}

/**
 * Returns a value that identifies the owner of an event, or undefined if it cannot be stored unchanged, because a
 * shortened value could identify someone else.
 */
function exact(text: string | undefined): string | undefined {
  return text === undefined || searchable(text) !== text ? undefined : text;
}

/** A time as the gateway writes it, which exists in every month. */
const usualTime = /^(?!0000)\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])T(?:[01]\d|2[0-3])(?::[0-5]\d){2}\.\d{6}Z$/;

/** Returns a time in UTC with microseconds. Throws UnstorableError if it is no time that the store can hold. */
export function timeOf(text: string): string {
  if (usualTime.test(text)) return text;
  const ms = Date.parse(text);
  const iso = Number.isNaN(ms) ? '' : new Date(ms).toISOString();
  if (!/^(?!0000)\d{4}-/.test(iso))
    throw new UnstorableError(`"${text.slice(0, 40)}" is not a time that can be stored`);
  const [, micros = ''] = /\.\d{3}(\d{1,3})/.exec(text) ?? [];
  return `${iso.slice(0, -1)}${micros.padEnd(3, '0')}Z`;
}

/** The maximum count of an event, so that sums of counts stay exact. */
const maxCount = 1_000_000_000;

/** Returns how many events this one represents, according to itself. */
function countOf({ data }: AuditRecord): number {
  const count = data.sallyport.aggregated?.count ?? 1;
  return Number.isInteger(count) && count >= 1 && count <= maxCount ? count : 1;
}

/** Returns the time of the first event that this one represents, never later than its own time. */
function firstTimeOf({ time, data }: AuditRecord): string {
  const first = data.sallyport.aggregated?.firstTimestamp ?? time;
  return Date.parse(first) <= Date.parse(time) ? timeOf(first) : timeOf(time);
}

/** Returns the columns that aggregate an event of an anonymous caller per hour, or undefined for other events. */
export function aggregateColumns(record: AuditRecord): Row | undefined {
  const group = anonymousGroup(record);
  if (!group) return undefined;
  const hour = timeOf(record.time).slice(0, -':00:00.000000Z'.length);
  return {
    fold: hash('sha256', `${hour} ${group.key}`, 'base64url'),
    count: countOf(record),
    first_time: firstTimeOf(record),
  };
}

/** No event has as many reasons. */
const maxReasons = 32;
/** The command of an exec is not indexed, so all of it can be searched, within reason. */
const maxCommandLength = 65_536;

/** Returns a command in the form in which it can be searched: its words, separated by spaces. */
export const searchableCommand = (text: string): string =>
  text.slice(0, maxCommandLength).toWellFormed().replaceAll('\0', '\ufffd');

/** Returns why something was decided, or why a stream, a session or a login ended. */
function reasonsOf({ type, data: { sallyport, responseStatus } }: AuditRecord): string[] | null {
  const { decision, stream } = sallyport;
  const isMessage =
    type === 'session.ended' ||
    type === 'session.expired' ||
    type === 'agent.ended' ||
    type === 'service_account.ended' ||
    type === 'login.failed' ||
    type === 'directory.refused';
  const reasons = [
    ...(decision?.reasons ?? []),
    stream?.reason,
    responseStatus?.reason,
    isMessage ? responseStatus?.message : undefined,
  ].filter((reason) => reason !== undefined);
  return reasons.length === 0 ? null : [...new Set(reasons.slice(0, maxReasons).map(searchable))];
}

/** Returns the groups of the user, in the form in which they can be searched. */
export function groupsOf({ data: { user, sallyport } }: AuditRecord): string[] {
  return [...new Set([...(sallyport.identity?.groups ?? []), ...(user.groups ?? [])].map(searchable))];
}

/** Returns the rule that decided: its position and its name, in the form in which they can be searched. */
export function rulesOf({ data: { sallyport } }: AuditRecord): string[] {
  const { rule, ruleName } = sallyport.decision ?? {};
  return [rule, ruleName].filter((one) => one !== undefined).map(searchable);
}

/** Returns the agent of an event: its id and its name, in the form in which they can be searched. */
export function agentOf({ data: { sallyport } }: AuditRecord): string[] {
  const { agent } = sallyport;
  return agent ? [agent.id, agent.name].map(searchable) : [];
}

/** Returns the name of the workload of an event, in the form in which it can be searched. */
export function workloadOf({ data: { sallyport } }: AuditRecord): string | undefined {
  return sallyport.workload && searchable(sallyport.workload.name);
}

/** Reports whether an event is routine. */
export function isRoutineRecord(record: AuditRecord): boolean {
  const { user, sallyport } = record.data;
  const { credentialKind, route } = sallyport;
  return isRoutine({ type: record.type, result: resultOf(record), username: user.username, credentialKind, route });
}

/** Returns the place of an event in the chain of its producer, as columns. Events of older versions have none. */
function placeOf({ data: { sallyport } }: AuditRecord): Record<PlaceColumn, unknown> {
  const { producer, seq, prevHash, hash: own } = sallyport;
  const isHash = (text: string | undefined) => text !== undefined && /^[0-9a-f]{64}$/.test(text);
  if (!Number.isSafeInteger(seq) || seq! < 1 || exact(producer) === undefined || !isHash(prevHash) || !isHash(own))
    return { producer: null, seq: null, prev_hash: null, hash: null };
  return { producer, seq, prev_hash: prevHash, hash: own };
}

/** The columns of an event, and the terms by which it is found. */
export type EventRow = Record<EventColumn | PlaceColumn | 'hashes', unknown>;

/** Returns the elevations of an event: the id of each, followed by its name. */
function elevationsOf({ elevation, elevations }: SallyportPart): string[] | null {
  const all = elevations ?? (elevation ? [elevation] : []);
  return all.length === 0 ? null : all.flatMap(({ id, name }) => [id, name]).map(searchable);
}

/** Returns the columns of an event: the values that queries filter by, its terms, and the data unchanged. */
export function toRow(record: AuditRecord): EventRow {
  const { id, type, source, time, key, data } = record;
  const { sallyport, objectRef } = data;
  const text = (value: string | undefined) => (value === undefined ? null : searchable(value));
  const code = data.responseStatus?.code;
  const row = {
    id: text(id),
    type: text(type),
    source: text(source),
    key: text(key),
    audit_id: text(data.auditID),
    stage: text(data.stage),
    username: text(data.user.username),
    issuer: text(exact(sallyport.identity?.iss)),
    subject: text(exact(sallyport.identity?.sub)),
    session: text(sallyport.sessionId),
    cluster: text(sallyport.cluster?.name),
    namespace: text(objectRef?.namespace),
    resource: text(objectRef?.resource),
    subresource: text(objectRef?.subresource),
    name: text(objectRef?.name),
    verb: text(data.verb),
    effect: text(sallyport.decision?.effect),
    rule: text(sallyport.decision?.rule),
    address: text(sallyport.clientAddress),
    reasons: reasonsOf(record),
    command: sallyport.exec === undefined ? null : searchableCommand(sallyport.exec.command.join(' ')),
    time: timeOf(time),
    code: Number.isInteger(code) ? code : null,
    elevation: elevationsOf(sallyport),
    ...placeOf(record),
    data: JSON.stringify(data),
  } satisfies Record<EventColumn | PlaceColumn, unknown>;
  const more = {
    groups: groupsOf(record),
    agent: agentOf(record),
    rules: rulesOf(record),
    workload: workloadOf(record),
    routine: isRoutineRecord(record),
  };
  return { ...row, hashes: termsOf(row, more) };
}

/** Returns the event of a row that was selected with `eventColumns`. */
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
  // An event that was not aggregated with others is unchanged.
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

/** Formats a time in SQL, because drivers would truncate it to milliseconds. */
const formatted = (column: string) =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as ${column}`;

/** The columns that `fromRow` reads from events joined with their aggregates. */
export const eventColumns = `id, ingest, type, source, key, data, ${formatted('time')}, count, ${formatted('first_time')}, ${formatted('last_time')}`;
