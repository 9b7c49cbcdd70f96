import type { AuditQuery, AuditRecord } from '@sallyport/contracts';
import type { Bounds, OnlyOf } from './audit-store.ts';
import { eventColumns, toRow } from './event-row.ts';
import { takeTurn } from './migrations.ts';
import type { Place } from './place.ts';
import type { Statement } from './sql-database.ts';

const textColumns = [
  'id', 'type', 'source', 'key', 'audit_id', 'stage', 'username', 'issuer', 'subject', 'session', 'cluster', 'namespace', 'resource', 'subresource', 'name',
  'verb', 'effect', 'data',
];
const columns = [...textColumns, 'time', 'code'];
const rowType = [...textColumns.map((name) => `${name} text`), 'time timestamptz', 'code integer'].join(', ');

/** Stores events in the order given. Writers take turns, so that places become visible in their order and nobody who reads on from the latest misses one. */
export function insertStatements(records: readonly AuditRecord[]): Statement[] {
  const rows = records.map((record, position) => ({ ...toRow(record), position }));
  const sql = `insert into audit_events (${columns.join(', ')})
    select ${columns.join(', ')} from json_to_recordset($1::json) as given(${rowType}, position integer) order by position
    on conflict (id) do nothing`;
  return [takeTurn, { sql, values: [JSON.stringify(rows)] }];
}

/** Which column a condition of the query compares. */
const filters = {
  auditID: 'audit_id', user: 'username', issuer: 'issuer', subject: 'subject', session: 'session', cluster: 'cluster', namespace: 'namespace', resource: 'resource',
  subresource: 'subresource', name: 'name', verb: 'verb', type: 'type', stage: 'stage', effect: 'effect', code: 'code',
} as const satisfies Partial<Record<keyof AuditQuery, string>>;

class Conditions {
  readonly values: unknown[] = [];
  readonly #parts: string[] = [];

  add(expression: string, value: unknown): void {
    if (value === undefined) return;
    this.values.push(value);
    this.#parts.push(`${expression} $${this.values.length}`);
  }

  get where(): string {
    return this.#parts.length === 0 ? '' : ` where ${this.#parts.join(' and ')}`;
  }
}

/** One page and one event more, by which it is known whether there is another page. */
export function findStatement(query: AuditQuery, place: Place, only: OnlyOf | undefined): Statement {
  const conditions = new Conditions();
  for (const [name, column] of Object.entries(filters)) conditions.add(`${column} =`, query[name as keyof typeof filters]);
  conditions.add('issuer =', only?.issuer);
  conditions.add('subject =', only?.subject);
  conditions.add('time >=', query.since);
  conditions.add('time <', query.until);
  conditions.add('ingest >', place.above);
  conditions.add('ingest <', place.below);
  const direction = query.order === 'newest' ? 'desc' : 'asc';
  return { sql: `select ${eventColumns} from audit_events${conditions.where} order by ingest ${direction} limit ${query.limit + 1}`, values: conditions.values };
}

/** The newest place; among the caller's own events only, if that is all they may know of. */
export function latestStatement(only: OnlyOf | undefined): Statement {
  const conditions = new Conditions();
  conditions.add('issuer =', only?.issuer);
  conditions.add('subject =', only?.subject);
  return { sql: `select coalesce(max(ingest), 0) as latest from audit_events${conditions.where}`, values: conditions.values };
}

/** Deletes at most `most` events that are out of bounds, the oldest first. */
export function trimStatements({ keep, before }: Bounds, most: number): Statement[] {
  const remove = (condition: string) =>
    `with gone as (delete from audit_events where ingest in (select ingest from audit_events where ${condition} order by ingest limit ${most}) returning 1) select count(*) as count from gone`;
  return [
    ...(before === undefined ? [] : [{ sql: remove('time < $1'), values: [new Date(before).toISOString()] }]),
    ...(keep === undefined ? [] : [{ sql: remove('ingest <= (select ingest from audit_events order by ingest desc offset $1 limit 1)'), values: [keep] }]),
  ];
}
