import type { IncomingMessage } from 'node:http';
import { parseTraceparent, type Span, type SpanAttributes, type Tracer, type TraceContext } from './span.ts';

function traceContextOf({ headers }: Pick<IncomingMessage, 'headers'>): TraceContext | undefined {
  const { traceparent } = headers;
  return typeof traceparent === 'string' ? parseTraceparent(traceparent) : undefined;
}

function startOf({ method = 'GET' }: Pick<IncomingMessage, 'method'>, attributes: SpanAttributes) {
  return { name: method, kind: 'server' as const, attributes: { 'http.request.method': method, ...attributes } };
}

/**
 * Begins the span of a request from anyone. Chance decides whether it is traced. What the client says of a trace is only
 * a link, so that it can neither choose the trace nor have more of its requests traced.
 */
export function beginSampledSpan(
  tracer: Tracer,
  request: Pick<IncomingMessage, 'method' | 'headers'>,
  attributes: SpanAttributes,
): Span | undefined {
  if (Math.random() >= tracer.sample) return undefined;
  return tracer.begin({ ...startOf(request, attributes), link: traceContextOf(request) });
}

/** Begins the span of a call from another service, whose credential was verified. That service has decided. */
export function beginCallSpan(tracer: Tracer, request: IncomingMessage): Span | undefined {
  const parent = traceContextOf(request);
  return parent?.sampled ? tracer.begin({ ...startOf(request, {}), parent }) : undefined;
}
