import type { AuditRecord } from '@sallyport/contracts';
import { anonymousGroup } from '../record/anonymous-group.ts';

/** Events of anonymous callers that are held back and told as one each. */
export type FloodFold = {
  /** Takes the event if it is one of an anonymous caller. */
  take(record: AuditRecord): boolean;
  /** How many groups wait to be told. */
  readonly size: number;
  /** What was taken since the last time: of each group the last event, with `sallyport.aggregated`. */
  drain(): AuditRecord[];
};

type Group = { last: AuditRecord; length: number; count: number; first: string; address: string; cause: string };

/**
 * As many groups of one address and cause are held at most; beyond them, those of one cause are one whatever their
 * address. Causes are the gateway's own words and few.
 */
const mostGroups = 1000;

/**
 * Of requests in full, which a client may make long, so much text is held; beyond it the events say less of what was
 * asked.
 */
const mostText = 8 * 1024 * 1024;
const shortUri = 256;

/**
 * About how much of its text the client may have chosen. The target counts as it was sent, for it may still be held,
 * and a queue may weigh it so.
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

/** The same event without what a client may make long. */
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

function told({ last, count, first, address, cause }: Group): AuditRecord {
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
 * Creates what stands between a flood of refusals and a log that does not keep up: repetitions become counts, so that
 * anonymous callers cannot fill the queue and have the gateway refuse everybody. What it holds is bounded.
 */
export function createFloodFold(): FloodFold {
  let groups = new Map<string, Group>();
  let held = 0;
  return {
    take(record) {
      const group = anonymousGroup(record);
      if (!group) return false;
      const isNew = !groups.has(group.key);
      const { key, address } =
        isNew && groups.size >= mostGroups ? { key: `${record.source} ${group.cause}`, address: '' } : group;
      const known = groups.get(key);
      held -= known?.length ?? 0;
      const whole = lengthOf(record);
      const last = held + whole > mostText ? shorten(record) : record;
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
      const all = [...groups.values()].map(told);
      groups = new Map();
      held = 0;
      return all;
    },
  };
}
