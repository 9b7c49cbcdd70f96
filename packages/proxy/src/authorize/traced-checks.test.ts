import { describe, expect, it } from '@jest/globals';
import type { Check } from '@sallyport/contracts';
import { createRecordingTracer } from '@sallyport/kit/testing';
import { createFakeAuthorize, problemRecord } from '../testing/fake-authorize.ts';
import { createCheckClient } from './check-client.ts';

const check = (path: string): Check => ({
  credential: { kind: 'none' },
  target: { kind: 'self' },
  request: { method: 'GET', path, host: 'gate', ip: '192.0.2.1' },
});
const peer = { 'server.address': 'authorize' };
const allowed = { decision: { effect: 'allow', rule: 'self', reasons: [], policyVersion: 'v' } };

describe('checks of traced requests', () => {
  it.each(['yes', 'no'] as const)('tell authorize the span of each of them (over a connection: %s)', async (opens) => {
    const tracer = createRecordingTracer();
    const { client, connections, posted } = createFakeAuthorize({
      opens: () => opens,
      reply: (all) => all.map(({ id }) => ({ kind: 2, id, text: JSON.stringify(allowed) })),
      post: (checks) => ({ answers: checks.map(() => allowed) }),
    });
    const checks = createCheckClient({ client, timeoutMs: 10_000, peer });
    const root = (name: string) => tracer.begin({ name, kind: 'server' });
    await checks.check(check('/alone'));
    await Promise.all([
      checks.check(check('/a')),
      checks.check(check('/b'), root('b')),
      checks.check(check('/c')),
      checks.check(check('/d'), root('d')),
    ]);
    const [, ofB, , ofD] = tracer.spans;
    const received =
      opens === 'yes'
        ? connections[0]!.writes.flat().map((one) => [one.check.request.path, one.traceparent])
        : posted.flatMap(({ checks: all, traces = [] }) =>
            all.map(({ request }, index) => [request.path, traces.find((trace) => trace.check === index)?.traceparent]),
          );
    expect(received).toEqual([
      ['/alone', undefined],
      ['/a', undefined],
      ['/b', `00-${ofB!.traceId}-${ofB!.spanId}-01`],
      ['/c', undefined],
      ['/d', `00-${ofD!.traceId}-${ofD!.spanId}-01`],
    ]);
    expect(ofB).toMatchObject({ name: 'check', kind: 'client', ended: true, parentSpanId: tracer.spans[0]!.spanId });
    expect(ofB!.attributes).toEqual({
      'server.address': 'authorize',
      'sallyport.effect': 'allow',
      'sallyport.rule': 'self',
    });
  });

  it('have the code of a failure', async () => {
    const tracer = createRecordingTracer();
    const { client } = createFakeAuthorize({ reply: (all) => all.map((one) => problemRecord(one, 'internal')) });
    const checks = createCheckClient({ client, timeoutMs: 10_000, peer });
    await expect(checks.check(check('/a'), tracer.begin({ name: 'a', kind: 'server' }))).rejects.toThrow();
    expect(tracer.spans[1]).toMatchObject({ ended: true, error: 'authorize-unavailable' });
    expect(JSON.stringify(tracer.spans)).not.toContain('planted');
  });
});
