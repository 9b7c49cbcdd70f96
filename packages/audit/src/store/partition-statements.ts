import type { LegalHold, StoredPartition } from './audit-store.ts';
import { future, partitionNamed, past, type Partition } from './partition.ts';
import type { Row, Statement } from './sql-database.ts';
import type { Held } from './trim-statements.ts';

const dayMs = 86_400_000;
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
export type ListedPartition = StoredPartition & { partition: Partition; lastStored: number | undefined };

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

const startOf = ({ from }: Partition) => (from === '-infinity' ? -Infinity : Date.parse(from));
const endOf = ({ to }: Partition) => (to === 'infinity' ? Infinity : Date.parse(to));

/** Reports whether a hold touches the partition. */
export function isHeld(partition: Partition, holds: readonly LegalHold[]): boolean {
  return holds.some(({ from, until = Infinity }) => from < endOf(partition) && until > startOf(partition));
}

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
  const isFuture = partition === future || startOf(partition) > now + 3 * dayMs;
  return isFuture ? lastStored !== undefined && lastStored < before : endOf(partition) <= before;
}

/** Returns the statement that drops a partition. It gives up soon if readers are in the way, and is then run again later. */
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
      delete from audit_elevation_uses where ${range('hour')};`,
  };
}
