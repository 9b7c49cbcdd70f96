/** Which span of which trace (W3C Trace Context). */
export type SpanReference = { traceId: string; spanId: string };
/** The same as a header says it. */
export type TraceContext = SpanReference & { sampled: boolean };

const form = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeros = /^0+$/;
/** A later version of the header may be longer than this one, but not without end. */
const maxLength = 512;

/** Reads a `traceparent` header. Returns undefined unless it is valid. */
export function parseTraceparent(text: string | undefined): TraceContext | undefined {
  if (text === undefined || text.length > maxLength) return undefined;
  const [, version, traceId, spanId, flags, more] = form.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (zeros.test(traceId) || zeros.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Returns the `traceparent` of a sampled span. */
export function formatTraceparent({ traceId, spanId }: SpanReference): string {
  return `00-${traceId}-${spanId}-01`;
}
