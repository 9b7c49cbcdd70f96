import type { AuditSummary, AuditSummaryQuery, SummaryFacet } from '@sallyport/contracts';
import { dayMs, hourMs, minuteMs, secondMs } from '@sallyport/contracts/text';
import type { Row, SqlDatabase } from '../database/sql-database.ts';
import { Conditions } from '../database/conditions.ts';
import { countStatement } from '../events/count-statement.ts';
import type { Block } from '../events/event-blocks.ts';
import { searchable } from '../events/event-row.ts';
import type { OnlyOf } from '../events/event-store.ts';
import { ownUsers } from '../events/query-conditions.ts';
import { addCountedVisible } from './counted-visible.ts';

/** A query with its period. */
export type SummaryQuery = AuditSummaryQuery & { since: string; until: string };
/** `clock` is in milliseconds. */
export type SummarizeDeps = { database: SqlDatabase; clock?: () => number };

const steps = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * secondMs),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minuteMs),
  ...[1, 2, 3, 6, 12].map((count) => count * hourMs),
  ...[1, 2, 7, 14, 30, 90, 365].map((count) => count * dayMs),
];

/** Returns the length of buckets: a common one, or years. */
function stepOf(since: number, until: number, buckets: number): number {
  const fits = (step: number) => Math.floor((until - 1) / step) - Math.floor(since / step) < buckets;
  const year = steps.at(-1)!;
  return steps.find(fits) ?? Math.ceil((until - since) / year) * year;
}

/** When no further statement is begun. A statement may take 5 s, and the caller waits for 10. */
const budgetMs = 3000;
/** How long one statement should take, because storing events may wait behind it. */
const usualMs = { least: 300, most: 1000 };
const [firstSize, mostSize] = [4, 256];

/** A block in a partition, and when its events happened, in milliseconds. */
type KnownBlock = { block: string; part: string; from: number; to: number };

async function findBlocks(database: SqlDatabase, { since, until }: SummaryQuery): Promise<KnownBlock[]> {
  const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::double precision`;
  const rows = await database.query({
    sql: `select block::text, part, ${ms('from_time')} as first, ${ms('to_time')} as last from audit_blocks
      where to_time >= $1 and from_time < $2 order by to_time desc`,
    values: [since, until],
  });
  return rows.map(({ block, part, first, last }) => {
    return { block: String(block), part: String(part), from: Number(first), to: Number(last) };
  });
}

/** Groups the partitions of each block. */
const withPartitions = (some: readonly KnownBlock[]): Block[] =>
  [...Map.groupBy(some, ({ block }) => block)].map(([block, of]) => ({
    block,
    partitions: of.map(({ part }) => part),
  }));

/** The most values that a facet shows. */
const mostValues = 20;

/** Adds up rows of `countStatement`. */
function createTally(facets: readonly SummaryFacet[]) {
  const buckets = new Map<number, Record<string, number>>();
  const counts = new Map(facets.map((facet) => [facet, { total: 0, values: new Map<string, number>() }]));
  const addToBucket = (time: number, result: string, events: number) => {
    const results = buckets.get(time) ?? {};
    results[result] = (results[result] ?? 0) + events;
    buckets.set(time, results);
  };
  const addToFacet = (facet: SummaryFacet, value: string, events: number) => {
    const { values } = counts.get(facet)!;
    values.set(value, (values.get(value) ?? 0) + events);
  };
  const sum = (some: Iterable<number>) => [...some].reduce((all, one) => all + one, 0);
  return {
    add(rows: readonly Row[]): void {
      const totals = new Map<SummaryFacet, number>();
      for (const row of rows) {
        const events = Number(row.events);
        if (row.facet === 'bucket') {
          addToBucket(Number(row.bucket), String(row.result), events);
          continue;
        }
        const facet = row.facet as SummaryFacet;
        const values = facet === 'reason' ? (JSON.parse(String(row.value)) as string[]) : [String(row.value)];
        for (const value of values) addToFacet(facet, value, events);
        totals.set(facet, Number(row.total));
      }
      for (const [facet, total] of totals) counts.get(facet)!.total += total;
    },
    result: () => {
      const inOrder = [...buckets].toSorted(([one], [other]) => one - other);
      const shown = inOrder.map(([time, results]) => {
        return { time: new Date(time).toISOString(), events: sum(Object.values(results)), results };
      });
      const listed = [...counts].map(([facet, { total, values }]) => {
        const most = [...values].toSorted(([, one], [, other]) => other - one).slice(0, mostValues);
        const others = Math.max(0, total - sum(most.map(([, events]) => events)));
        return [facet, { values: most.map(([value, events]) => ({ value, events })), others }] as const;
      });
      return { events: sum(shown.map(({ events }) => events)), buckets: shown, facets: Object.fromEntries(listed) };
    },
  };
}

/** The SQLSTATE of a statement that took too long. */
const canceled = '57014';

/**
 * Counts from the newest block on, slice by slice, as far as time allows. Returns where it came to. A slice begins at a
 * whole minute, because the times of blocks are those of the events of everyone.
 */
async function countSlices(
  { database, clock = () => performance.now() }: SummarizeDeps,
  { query, only, step }: { query: SummaryQuery; only: OnlyOf | undefined; step: number },
  take: (rows: readonly Row[]) => void,
): Promise<number> {
  const [since, until] = [Date.parse(query.since), Date.parse(query.until)];
  const blocks = await findBlocks(database, query);
  const began = clock();
  let [next, size, to] = [0, firstSize, until];
  while (to > since && (next === 0 || clock() - began < budgetMs)) {
    let from = to;
    for (; from >= to; next += size) {
      const older = blocks[next + size];
      from = older ? Math.max(since, (Math.floor(older.to / minuteMs) + 1) * minuteMs) : since;
    }
    // Events that are in the slice can be in blocks with much newer ones.
    const some = blocks.filter((one) => one.to >= from && one.from < to);
    if (some.length > 0) {
      const times = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
      const started = clock();
      try {
        const [, rows = []] = await database.transaction([
          { sql: `set local work_mem = '64MB'` },
          countStatement(query, only, { blocks: withPartitions(some), ...times, step }),
        ]);
        take(rows);
      } catch (error) {
        if ((error as { code?: unknown }).code === canceled) return to;
        throw error;
      }
      const took = clock() - started;
      if (took < usualMs.least) size = Math.min(size * 2, mostSize);
      else if (took > usualMs.most) size = Math.max(1, Math.floor(size / 2));
    }
    to = from;
  }
  return to;
}

/** The conditions of a query on what was counted as it was stored, and their columns. */
const countedColumns = { user: 'username', cluster: 'cluster', verb: 'verb' } as const;
const countedNames: readonly string[] = [
  ...Object.keys(countedColumns),
  'since',
  'until',
  'buckets',
  'facets',
  'view',
  'routine',
];

/**
 * Counts the requests of the hours that were left out because time ran out, from what was counted as they were stored. Undefined if
 * that does not know the conditions of the query, or not by buckets of this length.
 */
async function countEarlier(
  { database }: SummarizeDeps,
  { query, only, step, from }: { query: SummaryQuery; only: OnlyOf | undefined; step: number; from: number },
): Promise<AuditSummary['earlier']> {
  if (
    step % hourMs !== 0 ||
    query.view !== 'requests' ||
    !Object.keys(query).every((name) => countedNames.includes(name))
  )
    return undefined;
  const whole = (ms: number) => new Date(ms).toISOString();
  const [since, until] = [
    whole(Math.ceil(Date.parse(query.since) / hourMs) * hourMs),
    whole(Math.floor(from / hourMs) * hourMs),
  ];
  const conditions = new Conditions();
  const bucket = `date_bin(${conditions.parameter(`${step} milliseconds`)}::interval, hour, timestamptz 'epoch')`;
  conditions.add('hour >=', since);
  conditions.add('hour <', until);
  for (const [name, column] of Object.entries(countedColumns) as [keyof typeof countedColumns, string][])
    conditions.add(`${column} =`, query[name] === undefined ? undefined : searchable(query[name]));
  if (query.routine === 'omit') conditions.addPlain(`not (issuer = '' and username in ${ownUsers})`);
  if (only) addCountedVisible(conditions, only);
  const rows = await database.query({
    sql: `select (extract(epoch from ${bucket}) * 1000)::bigint::text as bucket, sum(requests)::text as requests,
      sum(refused)::text as refused, sum(failed)::text as failed from audit_counts${conditions.where}
      group by 1 order by min(hour)`,
    values: conditions.values,
  });
  const buckets = rows.map((row) => {
    const [events, refused, failed] = [Number(row.requests), Number(row.refused), Number(row.failed)];
    const results = { ok: events - refused - failed, refused, failed };
    return { time: new Date(Number(row.bucket)).toISOString(), events, results };
  });
  return { since, until, buckets };
}

/** Counts the events that meet a query, among those that a person may see. */
export async function summarizeEvents(
  deps: SummarizeDeps,
  query: SummaryQuery,
  only: OnlyOf | undefined,
): Promise<AuditSummary> {
  const { since, until } = query;
  const step = stepOf(Date.parse(since), Date.parse(until), query.buckets);
  const tally = createTally(query.facets);
  const from = await countSlices(deps, { query, only, step }, tally.add);
  if (from <= Date.parse(since)) return { since, until, step, ...tally.result() };
  const earlier = await countEarlier(deps, { query, only, step, from });
  const countedFrom = new Date(from).toISOString();
  return { since, until, step, countedFrom, ...(earlier ? { earlier } : {}), ...tally.result() };
}
