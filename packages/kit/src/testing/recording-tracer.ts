import {
  formatTraceparent,
  type Span,
  type SpanAttributes,
  type SpanStart,
  type Tracer,
  type SpanReference,
  type TraceContext,
} from '../tracing/span.ts';

/** A span as the recording tracer keeps it. */
export type RecordedSpan = SpanReference & {
  name: string;
  kind: SpanStart['kind'];
  parentSpanId: string | undefined;
  link: TraceContext | undefined;
  attributes: Record<string, SpanAttributes[string]>;
  ended: boolean;
  error: string | undefined;
};

const idOf = (count: number, length: number) => count.toString(16).padStart(length, '0');

/** Creates a tracer that keeps its spans in memory, with IDs that count up. */
export function createRecordingTracer(sample = 1): Tracer & { spans: RecordedSpan[] } {
  const spans: RecordedSpan[] = [];
  const begin: Tracer['begin'] = ({ name, kind, attributes = {}, parent, link }): Span => {
    const number = spans.length + 1;
    const spanId = idOf(number, 16);
    const traceId = parent?.traceId ?? idOf(number, 32);
    const span: RecordedSpan = {
      traceId,
      spanId,
      name,
      kind,
      parentSpanId: parent?.spanId,
      link,
      attributes: { ...attributes },
      ended: false,
      error: undefined,
    };
    spans.push(span);
    return {
      traceId,
      traceparent: formatTraceparent({ traceId, spanId }),
      begin: (start) => begin({ ...start, parent: { traceId, spanId } }),
      set: (more) => void Object.assign(span.attributes, more),
      rename: (to) => void (span.name = to),
      end({ error } = {}) {
        if (span.ended) throw new Error(`the span ${span.name} has ended before`);
        Object.assign(span, { ended: true, error });
      },
    };
  };
  return { spans, sample, begin, close: async () => undefined };
}
