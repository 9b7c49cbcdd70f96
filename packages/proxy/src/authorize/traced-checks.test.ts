import { describe, expect, it } from '@jest/globals';
import type { Check, CheckRequest } from '@sallyport/contracts';
import { checkRequestSchema } from '@sallyport/contracts';
import { ProblemError, type ServiceClient } from '@sallyport/kit';
import { createRecordingTracer } from '@sallyport/kit/testing';
import { createCheckClient } from './check-client.ts';

const check = (path: string): Check => ({
  credential: { kind: 'none' },
  target: { kind: 'self' },
  request: { method: 'GET', path, host: 'gate', ip: '192.0.2.1' },
});
const allowed = { decision: { effect: 'allow', rule: 'self', reasons: [], policyVersion: 'v' } };

/** Creates a client whose calls are kept, and answered once the test says so. */
function rig(fail?: ProblemError) {
  const bodies: CheckRequest[] = [];
  let release = () => {};
  const first = new Promise<void>((resolve) => (release = resolve));
  const request: ServiceClient['request'] = async ({ body }) => {
    const asked = checkRequestSchema.parse(body);
    bodies.push(asked);
    await first;
    if (fail) throw fail;
    return { status: 200, headers: {}, body: { answers: asked.checks.map(() => allowed) } };
  };
  const peer = { 'server.address': 'authorize' };
  return { bodies, release: () => release(), client: createCheckClient({ client: { request }, timeoutMs: 200, peer }) };
}

describe('checks of traced requests', () => {
  it('tell authorize the span of each of them, by its place in the batch', async () => {
    const tracer = createRecordingTracer();
    const { bodies, release, client } = rig();
    const root = (name: string) => tracer.begin({ name, kind: 'server' });
    const alone = client.check(check('/alone'));
    const batch = [
      client.check(check('/a')),
      client.check(check('/b'), root('b')),
      client.check(check('/c')),
      client.check(check('/d'), root('d')),
    ];
    release();
    await Promise.all([alone, ...batch]);
    expect(bodies[0]).not.toHaveProperty('traces');
    expect(bodies[1]!.checks.map(({ request }) => request.path)).toEqual(['/a', '/b', '/c', '/d']);
    const [, ofB, , ofD] = tracer.spans;
    expect(bodies[1]!.traces).toEqual([
      { check: 1, traceparent: `00-${ofB!.traceId}-${ofB!.spanId}-01` },
      { check: 3, traceparent: `00-${ofD!.traceId}-${ofD!.spanId}-01` },
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
    const { release, client } = rig(new ProblemError('internal', 'secret'));
    release();
    await expect(client.check(check('/a'), tracer.begin({ name: 'a', kind: 'server' }))).rejects.toThrow();
    expect(tracer.spans[1]).toMatchObject({ ended: true, error: 'authorize-unavailable' });
    expect(JSON.stringify(tracer.spans)).not.toContain('secret');
  });
});
