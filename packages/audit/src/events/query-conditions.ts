import { refusalReasons, requestEventTypes, type AuditFilters, type AuditResult } from '@sallyport/contracts';
import type { Conditions } from '../database/conditions.ts';
import { isAllowed, isFailed, isOk, isRefused, texts } from '../schema/count-tables.ts';
import type { Block } from './event-blocks.ts';
import { searchable, searchableCommand } from './event-row.ts';
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

export const ofStreams = `type in ('stream.opened', 'stream.cut', 'stream.closed')`;
export const isLast = `stage in ('ResponseComplete', 'Panic')`;
const hasEnded = `type = any (${texts(requestEventTypes)}) and ${isLast}`;

/** What events with a result have in their columns. A few others do too: `findPage` compares the result itself. */
const resultConditions: Readonly<Record<AuditResult, string>> = {
  ok: `${hasEnded} and ${isAllowed} and ${isOk}`,
  refused: `${hasEnded} and (${isRefused} or (type = 'http.request' and code in (401, 403, 429)))`,
  'denied-by-cluster': `${hasEnded} and ${isFailed} and type = 'k8s.request' and code in (401, 403)`,
  failed: `${hasEnded} and ${isFailed}`,
};

/** An application behind a route may have answered with 401, 403 or 429 itself. Only a key is written without escapes. */
const isOwnRefusal = `type = 'http.request' and code in (401, 403, 429) and data !~ '[{,]"route":'`;

/** How a request ended, as `resultOf` says it, or `none`. */
export const resultColumn: string = `case when not coalesce(${hasEnded}, false) then 'none' when ${isRefused} then 'refused'
  when ${isOk} then 'ok' when ${isOwnRefusal} then 'refused' when type = 'k8s.request' and code in (401, 403)
  and subresource is distinct from 'proxy' then 'denied-by-cluster' else 'failed' end`;

/** The users as which the gateway asks a cluster for itself. */
export const ownUsers = `('gateway:access-review', 'gateway:discovery')`;

/** What the gateway asks a cluster for itself is routine. There may be much of it, so it is left out by its columns. */
const isOfPeople = `(issuer is not null or coalesce(username, '') not in ${ownUsers})`;

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
const earlierReasons: ReadonlyMap<string, string> = new Map([['authorize-unavailable', 'unjudged']]);

/** Returns a reason as it is searched: by its name now and by its earlier one. */
const reasonNames = (reason: string): string[] =>
  [reason, earlierReasons.get(reason)].filter((name) => name !== undefined).map(searchable);

/** Returns a value as it is compared. The identity of a person is compared unchanged. */
function comparable(field: string, value: string | number): string | number {
  return typeof value === 'string' && field !== 'issuer' && field !== 'subject' ? searchable(value) : value;
}

/**
 * Adds what the columns must be. `findPage` compares what is not a column: groups, agents, workloads, results, and rules,
 * because a rule is also found by its name.
 */
export function addColumns(conditions: Conditions, query: AuditFilters, only: OnlyOf | undefined): void {
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
function termsOfQuery(query: AuditFilters): number[] {
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
export function addTerms(conditions: Conditions, query: AuditFilters, only: OnlyOf | undefined): boolean {
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

/** Returns the tables to search: the partitions of the blocks, or all. */
export function tablesOf(blocks: readonly Block[] | undefined): string[] {
  if (!blocks) return ['audit_events'];
  const names = [...new Set(blocks.flatMap(({ partitions }) => partitions))].toSorted();
  return names.filter((name) => partitionNamed(name)).map((name) => `audit_events_${name}`);
}
