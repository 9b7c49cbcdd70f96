import { refusalReasons, requestEventTypes, type AuditQuery, type AuditResult } from '@sallyport/contracts';
import { Conditions } from '../database/conditions.ts';
import type { Statement } from '../database/sql-database.ts';
import { isAllowed, isFailed, isOk, isRefused, texts } from '../schema/count-tables.ts';
import { blockBits, type Block } from './event-blocks.ts';
import { eventColumns, searchable, searchableCommand } from './event-row.ts';
import type { OnlyOf } from './event-store.ts';
import {
  noCluster,
  notRoutineTerms,
  searchedCommandTerms,
  sessionPrefixLength,
  termColumns,
  termOf,
} from './event-terms.ts';
import { partitionNamed } from './partitions.ts';

const ofStreams = `type in ('stream.opened', 'stream.cut', 'stream.closed')`;
const isLast = `stage in ('ResponseComplete', 'Panic')`;
const hasEnded = `type = any (${texts(requestEventTypes)}) and ${isLast}`;

/** What events with a result have in their columns. A few others do too: `findPage` compares the result itself. */
const resultConditions: Readonly<Record<AuditResult, string>> = {
  ok: `${hasEnded} and ${isAllowed} and ${isOk}`,
  refused: `${hasEnded} and (${isRefused} or (type = 'http.request' and code in (401, 403, 429)))`,
  'denied-by-cluster': `${hasEnded} and ${isFailed} and type = 'k8s.request' and code in (401, 403)`,
  failed: `${hasEnded} and ${isFailed}`,
};

/** What the gateway asks a cluster for itself is routine. There may be much of it, so it is left out by its columns. */
const isOfPeople = `(issuer is not null or coalesce(username, '') not in ('gateway:access-review', 'gateway:discovery'))`;

const codes = (...all: number[]) => all.map((code) => termOf('code', code));
/** An HTTP client accepts no others. 0: nothing was answered. */
const failures = [0, ...Array.from({ length: 600 }, (_, index) => 400 + index)];

/**
 * The terms of which every event with a result has at least one. Most requests are ok, so those are not searched by
 * one.
 */
const resultTerms: Readonly<Record<AuditResult, readonly number[]>> = {
  ok: [],
  refused: [
    termOf('effect', 'deny'),
    termOf('effect', 'authenticate'),
    ...refusalReasons.map((reason) => termOf('reason', reason)),
    ...codes(401, 403, 429),
  ],
  'denied-by-cluster': codes(401, 403),
  failed: codes(...failures),
};

/** Where to search: after `above` and before `below`, in the order of storing. `top` is the newest event that counts. */
export type Place = { above?: number; below?: number; top?: number };

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

/**
 * Adds the condition that the person may see the event: it is their own, or in the trail of a cluster that they may
 * see.
 */
function addVisible(conditions: Conditions, { issuer, subject, and }: OnlyOf): void {
  const { clusters = [], withoutCluster = false } = and ?? {};
  if (clusters.length === 0 && !withoutCluster) {
    conditions.add('issuer =', issuer);
    conditions.add('subject =', subject);
    return;
  }
  conditions.addAll([issuer, subject, clusters], ([ofIssuer, ofSubject, names]) => {
    const more = withoutCluster ? ' or cluster is null' : '';
    return `((issuer = ${ofIssuer} and subject = ${ofSubject}) or cluster = any (${names}::text[])${more})`;
  });
}

/** The names that reasons had in events before version 0.2.0. */
const earlierReasons: Readonly<Record<string, string>> = { 'authorize-unavailable': 'unjudged' };

/** Returns a reason as it is searched: by its name now and by its earlier one. */
const reasonNames = (reason: string): string[] =>
  [reason, earlierReasons[reason]].filter((name) => name !== undefined).map(searchable);

/** Returns a value as it is compared. The identity of a person is compared unchanged. */
function comparable(field: string, value: string | number): string | number {
  return typeof value === 'string' && field !== 'issuer' && field !== 'subject' ? searchable(value) : value;
}

/**
 * Adds what the columns must be. `findPage` compares what is not a column: groups, agents, workloads, results, and rules,
 * because a rule is also found by its name.
 */
function addColumns(conditions: Conditions, query: AuditQuery, only: OnlyOf | undefined): void {
  for (const [field, column] of Object.entries(termColumns)) {
    const value = field === 'rule' ? undefined : query[field as keyof typeof termColumns];
    conditions.add(`${column} =`, value === undefined ? undefined : comparable(field, value));
  }
  const text = (value: string | undefined) => (value === undefined ? undefined : searchable(value));
  conditions.add('id =', text(query.id));
  addPrefix(conditions, 'id', query.idPrefix);
  conditions.add('audit_id =', text(query.auditID));
  addPrefix(conditions, 'audit_id', query.auditIDPrefix);
  addPrefix(conditions, 'session', query.sessionPrefix);
  conditions.addFor(
    query.reason === undefined ? undefined : reasonNames(query.reason),
    (value) => `reasons && ${value}::text[]`,
  );
  conditions.addFor(text(query.elevation), (value) => `${value} = any (elevation)`);
  conditions.addFor(
    query.command === undefined ? undefined : searchableCommand(query.command),
    (value) => `strpos(command, ${value}) > 0`,
  );
  if (query.result !== undefined) conditions.addPlain(resultConditions[query.result]);
  if (query.routine === 'omit') conditions.addPlain(isOfPeople);
  if (only) addVisible(conditions, only);
}

/** Returns the terms that every event on the page has. */
function termsOfQuery(query: AuditQuery): number[] {
  const terms: number[] = [];
  for (const field of Object.keys(termColumns) as (keyof typeof termColumns)[]) {
    const value = query[field];
    if (value !== undefined) terms.push(termOf(field, comparable(field, value)));
  }
  for (const field of ['elevation', 'group', 'agent', 'workload'] as const)
    if (query[field] !== undefined) terms.push(termOf(field, searchable(query[field])));
  if (query.sessionPrefix !== undefined)
    terms.push(termOf('session4', query.sessionPrefix.slice(0, sessionPrefixLength)));
  if (query.command !== undefined) terms.push(...searchedCommandTerms(searchableCommand(query.command)));
  return terms;
}

/** Adds the terms that the index of a block is asked for. Returns whether there are any. */
function addTerms(conditions: Conditions, query: AuditQuery, only: OnlyOf | undefined): boolean {
  const ofBlock = (parameter: string) =>
    `array(select (given.block << 32) | term from unnest(${parameter}::bigint[]) as term)`;
  const all = termsOfQuery(query);
  if (only && !only.and) all.push(termOf('issuer', only.issuer), termOf('subject', only.subject));
  conditions.addFor(all.length > 0 ? all : undefined, (value) => `terms @> ${ofBlock(value)}`);
  const ofResult = query.result === undefined ? [] : resultTerms[query.result];
  const ofReason = query.reason === undefined ? [] : reasonNames(query.reason).map((name) => termOf('reason', name));
  const notRoutine = query.routine === 'omit' ? notRoutineTerms : [];
  const any = [ofResult, ofReason, notRoutine].filter((terms) => terms.length > 0);
  for (const terms of any) conditions.addFor(terms, (value) => `terms && ${ofBlock(value)}`);
  if (!only?.and) return all.length > 0 || any.length > 0;
  const { clusters, withoutCluster } = only.and;
  const some = [
    termOf('subject', only.subject),
    ...clusters.map((name) => termOf('cluster', name)),
    ...(withoutCluster ? [noCluster] : []),
  ];
  conditions.addFor(some, (value) => `terms && ${ofBlock(value)}`);
  return true;
}

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

/** Returns the tables to search: the partitions of the blocks, or all. */
function tablesOf(blocks: readonly Block[] | undefined): string[] {
  if (!blocks) return ['audit_events'];
  const names = [...new Set(blocks.flatMap(({ partitions }) => partitions))].toSorted();
  return names.filter((name) => partitionNamed(name)).map((name) => `audit_events_${name}`);
}

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
