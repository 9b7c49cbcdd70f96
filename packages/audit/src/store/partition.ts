/** A partition of the events: those of one day (UTC), or of all times before or after the days. `to` is exclusive. */
export type Partition = { name: string; from: string; to: string };

const firstDay = '2020-01-01';
const lastDay = '2100-01-01';
const startOf = (day: string) => `${day}T00:00:00Z`;
const dayMs = 86_400_000;

/**
 * The partitions for events whose clock was plainly wrong. Two fixed ranges take them, so that such events create no
 * partitions of their own. There is no default partition, because one with rows in it blocks the creation of others.
 */
export const past: Partition = { name: 'past', from: '-infinity', to: startOf(firstDay) };
export const future: Partition = { name: 'future', from: startOf(lastDay), to: 'infinity' };

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
