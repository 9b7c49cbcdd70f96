import { dayMs } from '@sallyport/contracts/text';
import type { Row, Statement } from '../database/sql-database.ts';
import type { LegalHold, StoredPartition } from './event-store.ts';

/** A partition of the events: those of one day (UTC), or of all times before or after the days. `to` is exclusive. */
export type Partition = { name: string; from: string; to: string };

const firstDay = '2020-01-01';
const lastDay = '2100-01-01';
const startOf = (day: string) => `${day}T00:00:00Z`;

/**
 * The partitions for events whose clock was plainly wrong. Two fixed ranges take them, so that such events create no
 * partitions of their own. There is no default partition, because one with rows in it blocks the creation of others.
 */
const past: Partition = { name: 'past', from: '-infinity', to: startOf(firstDay) };
const future: Partition = { name: 'future', from: startOf(lastDay), to: 'infinity' };

/** Returns the partition of a time, which is in UTC. */
export function partitionOf(time: string): Partition {
  const day = time.slice(0, 10);
  if (day < firstDay) return past;
  if (day >= lastDay) return future;
  const next = new Date(Date.parse(startOf(day)) + dayMs).toISOString().slice(0, 10);
  return { name: day.replaceAll('-', ''), from: startOf(day), to: startOf(next) };
}

/** Returns the partition with a name. */
export function partitionNamed(name: string): Partition | undefined {
  if (name === past.name) return past;
  if (name === future.name) return future;
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
  return year === undefined ? undefined : partitionOf(`${year}-${month}-${day}`);
}

/** Returns the partitions of today and the next two days, which are created ahead. */
export function partitionsAhead(now: number): Partition[] {
  return [0, 1, 2].map((days) => partitionOf(new Date(now + days * dayMs).toISOString()));
}

const opening = `select count(audit_open_part(parent, name, from_time, to_time)) from json_to_recordset($1::json)
  as given(parent text, name text, from_time timestamptz, to_time timestamptz)`;

/** Returns the statement that creates the partitions which do not exist yet. The caller has the lock of the writers. */
export function openStatement(
  partitions: readonly Partition[],
  parents: readonly string[] = ['audit_events'],
): Statement {
  const given = parents.flatMap((parent) =>
    partitions.map(({ name, from, to }) => ({ parent, name, from_time: from, to_time: to })),
  );
  return { sql: opening, values: [JSON.stringify(given)] };
}

/** Returns the partitions of the times of some rows. */
export function partitionsOf(rows: readonly Row[]): Partition[] {
  const days = new Set(rows.map((row) => String(row.time).slice(0, 'YYYY-MM-DD'.length)));
  const found = new Map([...days].map(partitionOf).map((one) => [one.name, one]));
  return [...found.values()];
}

const prefix = 'audit_events_';

/** Lists the partitions with what is known of them. */
export const listStatement: Statement = {
  sql: `select substr(relname, ${prefix.length + 1}) as name,
      sum(pg_total_relation_size(pg_inherits.inhrelid))::text as bytes,
      coalesce((select sum(events) from audit_blocks where part = substr(relname, ${prefix.length + 1})), 0)::text as events,
      (select to_char(min(from_time) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') from audit_blocks where part = substr(relname, ${prefix.length + 1})) as oldest,
      (select extract(epoch from max(stored)) * 1000 from audit_blocks where part = substr(relname, ${prefix.length + 1}))::text as stored
    from pg_inherits join pg_class on pg_class.oid = inhrelid
    where inhparent = to_regclass('audit_events') group by relname order by relname`,
};

/** A partition, and when an event was last stored in it (milliseconds since the epoch). */
type ListedPartition = StoredPartition & { partition: Partition; lastStored: number | undefined };

/** Reads a row of `listStatement`. Partitions that somebody else attached are left alone. */
export function readListed(row: Row): ListedPartition[] {
  const partition = partitionNamed(String(row.name));
  if (!partition) return [];
  return [
    {
      partition,
      name: partition.name,
      events: Number(row.events),
      bytes: Number(row.bytes),
      ...(typeof row.oldest === 'string' ? { oldest: row.oldest } : {}),
      lastStored: row.stored === null ? undefined : Number(row.stored),
    },
  ];
}

const startOfPartition = ({ from }: Partition) => (from === '-infinity' ? -Infinity : Date.parse(from));
const endOfPartition = ({ to }: Partition) => (to === 'infinity' ? Infinity : Date.parse(to));

/** Reports whether a hold touches the partition. */
export function isHeld(partition: Partition, holds: readonly LegalHold[]): boolean {
  return holds.some(
    ({ from, until = Infinity }) => from < endOfPartition(partition) && until > startOfPartition(partition),
  );
}

/** A time range in which nothing is deleted, in whole days (UTC). `until` is exclusive. */
export type Held = { from: string; until: string };

/** Returns the whole days that the holds touch. */
export function heldDays(holds: readonly LegalHold[]): Held[] {
  const day = (ms: number) => new Date(ms * dayMs).toISOString();
  return holds.map(({ from, until }) => ({
    from: day(Math.floor(from / dayMs)),
    until: until === undefined ? 'infinity' : day(Math.ceil(until / dayMs)),
  }));
}

/**
 * Reports whether all of a partition is past retention. Events from the future (of a producer whose clock was wrong) are
 * judged by when they were stored, because their day may never be over.
 */
export function isExpired({ partition, lastStored }: ListedPartition, before: number, now: number): boolean {
  if (partition === past) return true;
  const isFuture = partition === future || startOfPartition(partition) > now + 3 * dayMs;
  return isFuture ? lastStored !== undefined && lastStored < before : endOfPartition(partition) <= before;
}

/**
 * Returns the statement that drops a partition. It gives up soon if readers are in the way, and is then run again
 * later.
 */
export function dropStatement({ name, from, to }: Partition): Statement {
  const range = (column: string) =>
    [
      ...(from === '-infinity' ? [] : [`${column} >= '${from}'`]),
      ...(to === 'infinity' ? [] : [`${column} < '${to}'`]),
    ].join(' and ');
  return {
    sql: `set local lock_timeout = '2s';
      drop table if exists ${prefix}${name};
      drop table if exists audit_folded_${name};
      drop table if exists audit_repeats_${name};
      drop table if exists audit_cluster_events_${name};
      delete from audit_blocks where part = '${name}';
      delete from audit_aggregates where ${range('event_time')};
      delete from audit_counts where ${range('hour')};
      delete from audit_elevation_uses where ${range('hour')};
      delete from audit_recordings where ${range('seen')};`,
  };
}
