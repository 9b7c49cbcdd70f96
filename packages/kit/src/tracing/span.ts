/** What a span says. Members that are undefined are left out. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** `server`: a request that this service answers. `client`: one that it sends. */
export type SpanStart = {
  name: string;
  kind: 'server' | 'client';
  attributes?: SpanAttributes;
  /** Milliseconds since the epoch. Now by default. */
  startedAt?: number;
};

/** A part of a request that takes time. It is sent once it has ended. */
export type Span = {
  readonly traceId: string;
  /** The header that makes what another service does a part of this span. */
  readonly traceparent: string;
  /** Begins a part of this span. */
  begin(start: SpanStart): Span;
  /** Adds attributes. */
  set(attributes: SpanAttributes): void;
  rename(name: string): void;
  /** Ends the span. `error` is its `error.type` if it failed: a status, or the code of a problem. */
  end(result?: { error?: string | undefined }): void;
};

/** Makes spans and sends them to a collector. */
export type Tracer = {
  /** The share of requests that are traced, from 0 to 1. */
  readonly sample: number;
  /** Begins a span. Without `parent` it is the first of a new trace. `link` is a span of someone else's. */
  begin(start: SpanStart & { parent?: SpanReference; link?: TraceContext | undefined }): Span;
  /** Sends what has ended, within the time that a stopping service has for it. */
  close(): Promise<void>;
};

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
