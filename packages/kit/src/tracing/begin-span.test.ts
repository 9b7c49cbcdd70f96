import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { createRecordingTracer } from '../testing/recording-tracer.ts';
import { beginCallSpan, beginSampledSpan } from './begin-span.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const requestWith = (traceparent?: string) =>
  ({ method: 'GET', headers: traceparent === undefined ? {} : { traceparent } }) as unknown as IncomingMessage;

describe('the span of a request from anyone', () => {
  it('is begun for all requests, none of them, or about the share', () => {
    const begun = (sample: number) => {
      const tracer = createRecordingTracer(sample);
      for (let count = 0; count < 2000; count += 1) beginSampledSpan(tracer, requestWith(), {});
      return tracer.spans.length;
    };
    expect(begun(1)).toBe(2000);
    expect(begun(0)).toBe(0);
    expect(begun(0.25)).toBeGreaterThan(350);
    expect(begun(0.25)).toBeLessThan(650);
  });

  it('is not begun because a client says that it is sampled', () => {
    const tracer = createRecordingTracer(0);
    expect(beginSampledSpan(tracer, requestWith(`00-${traceId}-${spanId}-01`), {})).toBeUndefined();
    expect(tracer.spans).toEqual([]);
  });

  it('has a trace of its own, and that of the client as a link', () => {
    const tracer = createRecordingTracer();
    beginSampledSpan(tracer, requestWith(`00-${traceId}-${spanId}-00`), { 'server.address': 'gate' });
    const [span] = tracer.spans;
    expect(span).toMatchObject({
      kind: 'server',
      parentSpanId: undefined,
      link: { traceId, spanId, sampled: false },
      attributes: { 'http.request.method': 'GET', 'server.address': 'gate' },
    });
    expect(span!.traceId).not.toBe(traceId);
  });

  it.each(['', 'nonsense', `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`])('has no link to %j', (text) => {
    const tracer = createRecordingTracer();
    beginSampledSpan(tracer, requestWith(text), {});
    expect(tracer.spans[0]!.link).toBeUndefined();
  });
});

describe('the span of a call from another service', () => {
  it('is a part of the span of the caller', () => {
    const tracer = createRecordingTracer(0);
    beginCallSpan(tracer, requestWith(`00-${traceId}-${spanId}-01`));
    expect(tracer.spans).toMatchObject([{ traceId, parentSpanId: spanId, kind: 'server', link: undefined }]);
  });

  it.each([undefined, `00-${traceId}-${spanId}-00`, 'nonsense'])('is not begun for %j', (text) => {
    const tracer = createRecordingTracer(1);
    expect(beginCallSpan(tracer, requestWith(text))).toBeUndefined();
    expect(tracer.spans).toEqual([]);
  });
});
