import type { AuditRecord } from '@sallyport/contracts';
import { anonymousGroup } from '../record/anonymous-group.ts';

/** Aggregates the events of anonymous callers: each group becomes one event. */
export type AnonymousAggregator = {
  /** Takes the event if its caller is anonymous. Returns whether it did. */
  take(record: AuditRecord): boolean;
  /** The number of groups that are held. */
  readonly size: number;
  /** Removes all groups and returns the last event of each, with `sallyport.aggregated`. */
  drain(): AuditRecord[];
};

type Group = { last: AuditRecord; length: number; count: number; first: string; address: string; cause: string };

/**
 * How many groups (by address and cause) are held. Beyond that, events are grouped by cause alone. There are few causes,
 * because the gateway words them.
 */
const maxGroups = 1000;

/**
 * How much text of requests is held, because clients may make them long. Beyond that, events contain less of the
 * request.
 */
const maxTextLength = 8 * 1024 * 1024;
const shortUri = 256;

/**
 * Estimates how much of the text came from the client. The target counts in the length in which it was sent, because it
 * may still be in memory and a queue may weigh it that way.
 */
function lengthOf({
  data: {
    requestURI,
    userAgent = '',
    sallyport: { request, invocation, forwardedFor = '' },
  },
}: AuditRecord): number {
  const own = Object.values({ ...request, ...invocation }).reduce<number>(
    (sum, text) => sum + (typeof text === 'string' ? text.length : 0),
    0,
  );
  return own + requestURI.length + userAgent.length + forwardedFor.length + 2 * (request?.targetLength ?? 0);
}

/** Returns the event without the fields that a client may make long. */
function shorten({ data, ...record }: AuditRecord): AuditRecord {
  const {
    userAgent: _userAgent,
    sallyport: { request, invocation: _invocation, forwardedFor: _forwardedFor, ...part },
    ...rest
  } = data;
  const { requestURI } = rest;
  return {
    ...record,
    data: {
      ...rest,
      requestURI: requestURI.length > shortUri ? `${requestURI.slice(0, shortUri)}…` : requestURI,
      sallyport: { ...part, ...(request ? { request: { method: request.method } } : {}) },
    },
  };
}

const countOf = ({
  data: {
    sallyport: { aggregated },
  },
}: AuditRecord) => aggregated?.count ?? 1;
const firstOf = ({
  time,
  data: {
    sallyport: { aggregated },
  },
}: AuditRecord) => aggregated?.firstTimestamp ?? time;

function toEvent({ last, count, first, address, cause }: Group): AuditRecord {
  if (count === 1) return last;
  const aggregated = {
    ...last.data.sallyport.aggregated,
    count,
    firstTimestamp: first,
    lastTimestamp: last.time,
    ...(address === '' ? {} : { address }),
    cause,
  };
  return { ...last, data: { ...last.data, sallyport: { ...last.data.sallyport, aggregated } } };
}

/**
 * Creates the aggregator for floods of refusals that the log cannot keep up with. Repeated events become counts, so
 * that anonymous callers cannot fill the queue and make the gateway refuse everyone. Its memory is bounded.
 */
export function createAnonymousAggregator(): AnonymousAggregator {
  let groups = new Map<string, Group>();
  let held = 0;
  return {
    take(record) {
      const group = anonymousGroup(record);
      if (!group) return false;
      const isNew = !groups.has(group.key);
      const { key, address } =
        isNew && groups.size >= maxGroups ? { key: `${record.source} ${group.cause}`, address: '' } : group;
      const known = groups.get(key);
      held -= known?.length ?? 0;
      const whole = lengthOf(record);
      const last = held + whole > maxTextLength ? shorten(record) : record;
      const length = last === record ? whole : 0;
      held += length;
      groups.set(key, {
        last,
        length,
        count: (known?.count ?? 0) + countOf(record),
        first: known?.first ?? firstOf(record),
        address,
        cause: group.cause,
      });
      return true;
    },
    get size() {
      return groups.size;
    },
    drain() {
      const all = [...groups.values()].map(toEvent);
      groups = new Map();
      held = 0;
      return all;
    },
  };
}
