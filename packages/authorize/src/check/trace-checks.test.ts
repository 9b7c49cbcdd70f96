import { describe, expect, it } from '@jest/globals';
import { createRecordingTracer } from '@sallyport/kit/testing';
import { createMemorySessionStore } from '@sallyport/stores';
import { checkOf, identityOf } from '../testing/authorize-rig.ts';
import { useRigs } from '../testing/use-rigs.ts';

const start = useRigs();

const dev = { kind: 'cluster', name: 'dev' } as const;
const traceOf = (digit: string) => ({ traceId: digit.repeat(32), spanId: digit.repeat(16) });
const traceparent = (digit: string, flags = '01') => `00-${traceOf(digit).traceId}-${traceOf(digit).spanId}-${flags}`;

describe('checks that the gateway traces', () => {
  it('have a span each, as a part of the span of the gateway, and the other checks have none', async () => {
    const tracer = createRecordingTracer(0);
    const rig = await start({ tracer });
    const token = await rig.logIn(identityOf('alice@example.com', ['developers']));
    const checks = [checkOf(token, dev), checkOf(token, dev), checkOf(token, dev)];
    const traces = [
      { check: 0, traceparent: traceparent('a') },
      { check: 2, traceparent: traceparent('b') },
    ];
    const response = await rig.post(JSON.stringify({ checks, traces }));
    expect(response.status).toBe(200);
    expect(((await response.json()) as { answers: unknown[] }).answers).toHaveLength(3);
    expect(tracer.spans).toMatchObject(
      ['a', 'b'].map((digit) => ({
        name: 'check',
        kind: 'server',
        traceId: traceOf(digit).traceId,
        parentSpanId: traceOf(digit).spanId,
        ended: true,
        error: undefined,
        attributes: { 'sallyport.checks': 3 },
      })),
    );
    expect(JSON.stringify(tracer.spans)).not.toMatch(/alice|spt_/);
  });

  it('have the code of a failure', async () => {
    const tracer = createRecordingTracer(0);
    const store = createMemorySessionStore({ now: Date.now });
    const sessions = { ...store, find: () => Promise.reject(new Error('planted')) };
    const rig = await start({ tracer, sessions });
    const body = { checks: [checkOf('t', dev)], traces: [{ check: 0, traceparent: traceparent('a') }] };
    expect((await rig.post(JSON.stringify(body))).status).toBe(503);
    expect(tracer.spans).toMatchObject([{ ended: true, error: 'sessions-unavailable' }]);
    expect(JSON.stringify(tracer.spans)).not.toContain('planted');
  });

  it.each([
    ['not a list', 'x'],
    ['not objects', [null, 1, 'x']],
    ['of no check', [{ check: 1, traceparent: traceparent('a') }]],
    ['of a check before the first', [{ check: -1, traceparent: traceparent('a') }]],
    ['of a place that is not a number', [{ check: '0', traceparent: traceparent('a') }]],
    ['not readable', [{ check: 0, traceparent: 'nonsense' }]],
    ['not sampled', [{ check: 0, traceparent: traceparent('a', '00') }]],
  ])('are answered without a span if their traces are %s', async (_what, traces) => {
    const tracer = createRecordingTracer(1);
    const rig = await start({ tracer });
    const response = await rig.post(JSON.stringify({ checks: [checkOf('t', dev)], traces }));
    expect(response.status).toBe(200);
    expect(tracer.spans).toEqual([]);
  });

  it('have no span if the caller is not a service, or tracing is off', async () => {
    const tracer = createRecordingTracer(1);
    const rig = await start({ tracer });
    const body = JSON.stringify({ checks: [checkOf('t', dev)], traces: [{ check: 0, traceparent: traceparent('a') }] });
    expect((await rig.post(body, { authorization: 'Bearer x', traceparent: traceparent('a') })).status).toBe(401);
    expect(tracer.spans).toEqual([]);
    expect((await (await start()).post(body)).status).toBe(200);
  });

  it('have one span, however often they are listed', async () => {
    const tracer = createRecordingTracer(1);
    const rig = await start({ tracer });
    const traces = Array.from({ length: 2000 }, () => ({ check: 0, traceparent: traceparent('a') }));
    expect((await rig.post(JSON.stringify({ checks: [checkOf('t', dev)], traces }))).status).toBe(200);
    expect(tracer.spans).toHaveLength(1);
  });
});
