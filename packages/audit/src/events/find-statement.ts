import type { AuditQuery } from '@sallyport/contracts';
import { Conditions } from '../database/conditions.ts';
import type { Statement } from '../database/sql-database.ts';
import { blockBits, type Block } from './event-blocks.ts';
import { eventColumns, searchable } from './event-row.ts';
import type { OnlyOf } from './event-store.ts';
import { termOf } from './event-terms.ts';
import { addColumns, addTerms, isLast, ofStreams, tablesOf } from './query-conditions.ts';

/** Where to search: after `above` and before `below`, in the order of storing. `top` is the newest event that counts. */
export type Place = { above?: number; below?: number; top?: number };

/** The time as an expression, because an index with it would be read in addition to the one of terms. */
const notIndexed = "time + interval '0'";

/**
 * Adds what the time must be. An aggregated event matches every time in its range. Its own time is that of the last
 * event.
 */
function addTimes(conditions: Conditions, { since, until }: AuditQuery): void {
  conditions.add(`${notIndexed} >=`, since);
  conditions.addFor(
    until,
    (value) =>
      `(${notIndexed} < ${value} or ingest = any (array(select ingest from audit_aggregates where first_time < ${value} and last_time >= ${value})))`,
  );
}

function addPlace(conditions: Conditions, query: AuditQuery, { above, below, top }: Place): void {
  // As an expression, because the index of positions would be read in addition to the one of terms.
  conditions.add('ingest + 0 >', above);
  conditions.add('ingest + 0 <', below);
  if (query.view !== 'requests') return;
  conditions.addFor(
    top ?? 0,
    (value) => `ingest + 0 <= ${value} and not ${ofStreams} and (${isLast} or stage = 'RequestReceived')`,
  );
}

const ids = ['auditID', 'auditIDPrefix', 'id', 'idPrefix'] as const;

/** Reports whether a query is answered by an index of ids. No other condition finds fewer events. */
export const findsById = (query: AuditQuery): boolean => ids.some((name) => query[name] !== undefined);

/** A page has at most half as many. */
const mostAttempts = 2000;
const found = 'ingest, id, type, source, key, data, time, audit_id, stage';

/**
 * Returns the statement for the first `limit` events in the given blocks. Every row contains the number of events found
 * (`found`), although the answer may end earlier: with the event that reaches `maxBytes`. The blocks are read one after
 * the other until there are enough events. In each of them, the index of terms is read (`offset 0` keeps the planner from
 * reading the block in order instead, which takes long if few events match).
 */
export function findStatement(
  query: AuditQuery,
  only: OnlyOf | undefined,
  where: { blocks?: readonly Block[]; place: Place; limit: number; maxBytes: number },
): Statement {
  const { blocks, place, limit, maxBytes } = where;
  const direction = query.order === 'newest' ? 'desc' : 'asc';
  const conditions = new Conditions();
  const given = blocks && conditions.parameter(blocks.map(({ block }) => block));
  addColumns(conditions, query, only);
  addTimes(conditions, query);
  addPlace(conditions, query, place);
  let indexed = true;
  if (blocks) {
    indexed = addTerms(conditions, query, only);
    if (!indexed)
      conditions.addPlain(`ingest >= (given.block << ${blockBits}) and ingest < ((given.block + 1) << ${blockBits})`);
  }
  const matching = tablesOf(blocks)
    .map((table) => `(select ${found} from ${table}${conditions.where}${indexed ? ' offset 0' : ''})`)
    .join(' union all ');
  const ordered = `select * from (${matching}) as matching order by ingest ${direction} limit ${limit}`;
  const some = given
    ? `select some_events.* from unnest(${given}::bigint[]) as given (block) cross join lateral (${ordered}) as some_events limit ${limit}`
    : ordered;
  const page = `select *, octet_length(data) as size, sum(octet_length(data)) over (order by ingest ${direction}) as bytes, count(*) over () as found from (${some}) as some_events`;
  const sql = `select ${eventColumns}, audit_id, stage, size, found from (${page}) as page left join audit_aggregates using (ingest) where bytes - size < ${maxBytes} order by ingest ${direction}`;
  return { sql, values: conditions.values };
}

/** Returns the statement for which of some requests have ended, as far as the reader may know. */
export function endedStatement(auditIDs: readonly string[], top: number): Statement {
  return {
    sql: `select audit_id, type from audit_events where audit_id = any ($1::text[]) and ${isLast} and ingest + 0 <= $2`,
    values: [auditIDs, top],
  };
}

/** The events near which others are searched, and the times between which these are. */
export type Near = { ingests: readonly number[]; sessions: readonly string[]; from: string; to: string; top?: number };

/**
 * Returns the statement for the ends of attempts to open a stream that were stored shortly before or after the given ones,
 * in their sessions. They must meet the conditions of the query, too.
 */
export function attemptsStatement(query: AuditQuery, only: OnlyOf | undefined, near: Near): Statement {
  const size = 2 ** blockBits;
  const blocks = new Set(near.ingests.flatMap((ingest) => [-1, 0, 1].map((step) => Math.floor(ingest / size) + step)));
  const conditions = new Conditions();
  addColumns(conditions, query, only);
  addTimes(conditions, query);
  const sessions = [...new Set(near.sessions.map(searchable))];
  const terms = sessions.map((session) => termOf('session', session));
  conditions.addAll(
    [[...blocks], terms],
    ([some, ofSessions]) =>
      `terms && array(select (block << 32) | term from unnest(${some}::bigint[]) as block, unnest(${ofSessions}::bigint[]) as term)`,
  );
  conditions.addFor(sessions, (value) => `session = any (${value}::text[])`);
  conditions.add('time >=', near.from);
  conditions.add('time <=', near.to);
  conditions.add('ingest + 0 <=', near.top);
  conditions.addPlain(`type = 'k8s.request' and ${isLast} and subresource in ('exec', 'attach', 'portforward')`);
  const matching = `select ${found} from audit_events${conditions.where} order by ingest desc limit ${mostAttempts}`;
  return {
    sql: `select ${eventColumns} from (${matching}) as page left join audit_aggregates using (ingest)`,
    values: conditions.values,
  };
}
