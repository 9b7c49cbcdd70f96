import type { AuditQuery } from '@sallyport/contracts';
import type { OnlyOf } from './audit-store.ts';
import type { Cursor } from './cursor.ts';
import { eventColumns, searchable, searchableCommand } from './event-row.ts';
import type { Statement } from './sql-database.ts';

/** The column that each condition of a query compares. */
const filters = {
  auditID: 'audit_id',
  user: 'username',
  issuer: 'issuer',
  subject: 'subject',
  session: 'session',
  cluster: 'cluster',
  namespace: 'namespace',
  resource: 'resource',
  subresource: 'subresource',
  name: 'name',
  verb: 'verb',
  type: 'type',
  stage: 'stage',
  effect: 'effect',
  rule: 'rule',
  address: 'address',
  code: 'code',
} as const satisfies Partial<Record<keyof AuditQuery, string>>;

class Conditions {
  readonly values: unknown[] = [];
  readonly #parts: string[] = [];

  add(expression: string, value: unknown): void {
    this.addFor(value, (parameter) => `${expression} ${parameter}`);
  }

  addFor(value: unknown, expression: (parameter: string) => string): void {
    if (value === undefined) return;
    this.values.push(value);
    this.#parts.push(expression(`$${this.values.length}`));
  }

  get where(): string {
    return this.#parts.length === 0 ? '' : ` where ${this.#parts.join(' and ')}`;
  }
}

/**
 * Adds the condition that a column begins with the prefix of a UUID. It uses an index in any collation: in all of them
 * digits come before letters, and nothing that a UUID contains comes after `g`.
 */
function addPrefix(conditions: Conditions, column: string, prefix: string | undefined): void {
  if (prefix === undefined) return;
  conditions.add(`${column} >=`, prefix);
  conditions.add(`${column} <`, `${prefix}g`);
  conditions.addFor(prefix, (value) => `starts_with(${column}, ${value})`);
}

const ofStreams = `type in ('stream.opened', 'stream.cut', 'stream.closed')`;
const isLast = (table: string) => `${table}.stage in ('ResponseComplete', 'Panic')`;

/**
 * Adds the conditions for a view with each request once. `top` is the newest event that counts: a request that ends
 * while a reader pages is still open on the pages that follow, so it is neither missing nor shown twice.
 */
function addRequestsView(conditions: Conditions, top: number): void {
  conditions.addFor(
    top,
    (value) => `ingest <= ${value} and not ${ofStreams} and (${isLast('audit_events')} or (stage = 'RequestReceived'
      and not exists (select from audit_events as later where later.audit_id = audit_events.audit_id
        and later.type = audit_events.type and ${isLast('later')} and later.ingest <= ${value})))`,
  );
}

/** A page ends with the event that reaches this size, because a thousand long events must not fill the memory. */
const maxPageBytes = 8 * 1024 * 1024;

/**
 * Returns the statement for a page and one more event, which shows whether there is another page. Every row contains
 * the number of events found (`found`), although the page may end earlier.
 */
export function findStatement(query: AuditQuery, cursor: Cursor, only: OnlyOf | undefined): Statement {
  const conditions = new Conditions();
  for (const [name, column] of Object.entries(filters)) {
    const value = query[name as keyof typeof filters];
    // The identity of a person is compared unchanged.
    const isExact = name === 'issuer' || name === 'subject';
    conditions.add(`${column} =`, typeof value === 'string' && !isExact ? searchable(value) : value);
  }
  addPrefix(conditions, 'audit_id', query.auditIDPrefix);
  addPrefix(conditions, 'session', query.sessionPrefix);
  conditions.addFor(
    query.reason === undefined ? undefined : searchable(query.reason),
    (value) => `${value} = any (reasons)`,
  );
  conditions.addFor(
    query.command === undefined ? undefined : searchableCommand(query.command),
    (value) => `strpos(command, ${value}) > 0`,
  );
  if (query.view === 'requests') addRequestsView(conditions, cursor.top ?? 0);
  conditions.add('issuer =', only?.issuer);
  conditions.add('subject =', only?.subject);
  conditions.add('time >=', query.since);
  // An aggregated event matches every time in its range. Its own time is that of the last event.
  conditions.addFor(
    query.until,
    (value) =>
      `(time < ${value} or ingest = any (array(select ingest from audit_aggregates where first_time < ${value} and last_time >= ${value})))`,
  );
  conditions.add('ingest >', cursor.above);
  conditions.add('ingest <', cursor.below);
  const direction = query.order === 'newest' ? 'desc' : 'asc';
  const some = `select * from audit_events${conditions.where} order by ingest ${direction} limit ${query.limit + 1}`;
  const page = `select *, octet_length(data) as size, sum(octet_length(data)) over (order by ingest ${direction}) as bytes, count(*) over () as found from (${some}) as some_events`;
  const sql = `select ${eventColumns}, found from (${page}) as page left join audit_aggregates using (ingest) where bytes - size < ${maxPageBytes} order by ingest ${direction}`;
  return { sql, values: conditions.values };
}

/** Returns the statement for the newest position, among the events that the caller may see. */
export function latestStatement(only: OnlyOf | undefined): Statement {
  const conditions = new Conditions();
  conditions.add('issuer =', only?.issuer);
  conditions.add('subject =', only?.subject);
  return {
    sql: `select coalesce(max(ingest), 0) as latest from audit_events${conditions.where}`,
    values: conditions.values,
  };
}
