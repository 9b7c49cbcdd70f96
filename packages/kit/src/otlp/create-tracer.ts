import { randomUUID } from 'node:crypto';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Span as OtelSpan,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { sallyportVersion, type ServiceName } from '@sallyport/contracts';
import { Counter } from 'prom-client';
import { boundFetch } from '../http/bound-fetch.ts';
import type { Metrics } from '../observe/create-admin-server.ts';
import type { Logger } from '../observe/create-logger.ts';
import { createWarnOnce } from '../observe/warn-once.ts';
import { createOutboundFetch } from '../outbound/create-outbound-fetch.ts';
import { formatTraceparent, type SpanReference, type Span, type Tracer } from '../tracing/span.ts';
import { createPostSpans } from './post-spans.ts';
import { createSpanQueue, type DropReason } from './span-queue.ts';

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;
const spanLimits = { attributeValueLengthLimit: 1024, attributeCountLimit: 64, linkCountLimit: 1, eventCountLimit: 0 };

function createMetrics(metrics: Metrics | undefined) {
  const registers = metrics ? [metrics] : [];
  return {
    sent: new Counter({
      name: 'sallyport_tracing_spans_sent_total',
      help: 'Spans that the collector took.',
      registers,
    }),
    dropped: new Counter<'reason'>({
      name: 'sallyport_tracing_spans_dropped_total',
      help: 'Spans that were dropped: full (too many waited), refused (by the collector) or stopped (the service ended).',
      labelNames: ['reason'],
      registers,
    }),
  };
}

/** Milliseconds since the epoch, with fractions. */
type Clock = () => number;
type Begin = (start: Omit<Parameters<Tracer['begin']>[0], 'parent'>, clock: Clock, within: Context) => Span;

/** Creates a clock that never goes back. The spans of one trace in a service share it, so that parts fit into the whole. */
function createClock(): Clock {
  const offset = Date.now() - performance.now();
  return () => offset + performance.now();
}

function asSpan(span: OtelSpan, clock: Clock, begin: Begin): Span {
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    traceparent: formatTraceparent({ traceId, spanId }),
    begin: (start) => begin(start, clock, trace.setSpan(ROOT_CONTEXT, span)),
    set: (attributes) => void span.setAttributes(attributes),
    rename: (name) => void span.updateName(name),
    end({ error } = {}) {
      if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', error);
      span.end(clock());
    },
  };
}

const contextOf = ({ traceId, spanId }: SpanReference, sampled = true) => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
});

type TracerDeps = {
  service: ServiceName;
  otlp: string;
  sample: number;
  logger: Logger;
  metrics?: Metrics | undefined;
};

/** Creates the queue of spans, with its metrics, one warning per outage, and the connection to the collector. */
function createDelivery({ otlp, logger, metrics }: TracerDeps) {
  const counted = createMetrics(metrics);
  const outage = createWarnOnce(logger, {
    failed:
      'traces cannot be delivered, trying again; check that the collector runs and that tracing.otlp is the address of its OTLP/HTTP receiver (usually port 4318)',
    recovered: 'traces are delivered again',
  });
  const { fetch, close } = createOutboundFetch({ keepAliveMs: 10_000 });
  const queue = createSpanQueue({
    send: createPostSpans({ base: otlp, fetch: boundFetch(fetch) }),
    sent: (count) => counted.sent.inc(count),
    dropped: (count, reason: DropReason) => counted.dropped.inc({ reason }, count),
    failed: (reason) => outage.failed({ collector: new URL(otlp).origin, reason }),
    recovered: () => outage.recovered(),
  });
  return { queue, close };
}

/** Creates the tracer of a service, which sends its spans to a collector (OTLP/HTTP). */
export function createTracer(deps: TracerDeps): Tracer {
  const delivery = createDelivery(deps);
  const provider = new TracerProvider({
    // Who calls `begin` has decided.
    sampler: new AlwaysOnSampler(),
    resource: resourceFromAttributes({
      'service.name': `sallyport-${deps.service}`,
      'service.version': sallyportVersion,
      'service.instance.id': randomUUID(),
    }),
    spanLimits,
    spanProcessors: [delivery.queue],
  });
  const tracer = provider.getTracer('sallyport', sallyportVersion);
  const begin: Begin = ({ name, kind, attributes = {}, startedAt, link }, clock, within) => {
    const options = {
      kind: kinds[kind],
      attributes,
      startTime: startedAt ?? clock(),
      links: link ? [{ context: contextOf(link, link.sampled) }] : [],
    };
    return asSpan(tracer.startSpan(name, options, within), clock, begin);
  };
  return {
    sample: deps.sample,
    begin: (start) =>
      begin(
        start,
        createClock(),
        start.parent ? trace.setSpanContext(ROOT_CONTEXT, contextOf(start.parent)) : ROOT_CONTEXT,
      ),
    async close() {
      await provider.shutdown();
      await delivery.close();
    },
  };
}
