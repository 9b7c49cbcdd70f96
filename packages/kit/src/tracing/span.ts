import type { SpanReference, TraceContext } from './trace-context.ts';

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
