import type { AuditRecord } from '@sallyport/contracts';
import { anonymousGroup } from './anonymous-group.ts';

/** Events of anonymous callers that are held back and told as one each. */
export type FloodFold = {
  /** Takes the event if it is one of an anonymous caller. */
  take(record: AuditRecord): boolean;
  /** How many groups wait to be told. */
  readonly size: number;
  /** What was taken since the last time: of each group the last event, with `sallyport.aggregated`. */
  drain(): AuditRecord[];
};

type Group = { last: AuditRecord; count: number; first: string; address: string; cause: string };

/** As many groups of one address and cause are held at most; beyond them, those of one cause are one whatever their address. Causes are the gateway's own words and few. */
const mostGroups = 1000;

const countOf = ({ data: { sallyport: { aggregated } } }: AuditRecord) => aggregated?.count ?? 1;
const firstOf = ({ time, data: { sallyport: { aggregated } } }: AuditRecord) => aggregated?.firstTimestamp ?? time;

function told({ last, count, first, address, cause }: Group): AuditRecord {
  if (count === 1) return last;
  const aggregated = { ...last.data.sallyport.aggregated, count, firstTimestamp: first, lastTimestamp: last.time, ...(address === '' ? {} : { address }), cause };
  return { ...last, data: { ...last.data, sallyport: { ...last.data.sallyport, aggregated } } };
}

/**
 * Creates what stands between a flood of refusals and a log that does not keep up: repetitions become counts, so that anonymous callers cannot fill
 * the queue and have the gateway refuse everybody. What it holds is bounded.
 */
export function createFloodFold(): FloodFold {
  let groups = new Map<string, Group>();
  return {
    take(record) {
      const group = anonymousGroup(record);
      if (!group) return false;
      const isNew = !groups.has(group.key);
      const { key, address } = isNew && groups.size >= mostGroups ? { key: `${record.source} ${group.cause}`, address: '' } : group;
      const known = groups.get(key);
      groups.set(key, { last: record, count: (known?.count ?? 0) + countOf(record), first: known?.first ?? firstOf(record), address, cause: group.cause });
      return true;
    },
    get size() {
      return groups.size;
    },
    drain() {
      const all = [...groups.values()].map(told);
      groups = new Map();
      return all;
    },
  };
}
