import { describe, expect, it } from '@jest/globals';
import { ProblemError } from '../problem/problem-error.ts';
import { createRecordingTracer } from '../testing/recording-tracer.ts';
import { peerAttributes, traceCall } from './trace-call.ts';

const call = { method: 'POST', service: 'authenticate', peer: peerAttributes('https://authenticate:4180') };

describe('the span of a call to another service', () => {
  it('is a part of the request, and names the server and the status', async () => {
    const tracer = createRecordingTracer();
    const parent = tracer.begin({ name: 'GET', kind: 'server' });
    let sent = '';
    await traceCall(parent, call, async (span) => {
      sent = span.traceparent;
      return { status: 204 };
    });
    const [first, second] = tracer.spans;
    expect(second).toMatchObject({
      name: 'POST authenticate',
      kind: 'client',
      traceId: first!.traceId,
      parentSpanId: first!.spanId,
      ended: true,
      error: undefined,
      attributes: {
        'http.request.method': 'POST',
        'server.address': 'authenticate',
        'server.port': 4180,
        'http.response.status_code': 204,
      },
    });
    expect(sent).toBe(`00-${second!.traceId}-${second!.spanId}-01`);
  });

  it('has the code of a problem, without its text', async () => {
    const tracer = createRecordingTracer();
    const parent = tracer.begin({ name: 'GET', kind: 'server' });
    const refused = new ProblemError('unauthenticated', 'The token of alice@example.com is not valid.');
    await expect(traceCall(parent, call, () => Promise.reject(refused))).rejects.toBe(refused);
    expect(tracer.spans[1]).toMatchObject({ ended: true, error: 'unauthenticated' });
    expect(JSON.stringify(tracer.spans)).not.toContain('alice');
  });
});

describe('the name of a server', () => {
  it.each([
    ['http://authorize', 'authorize', 80],
    ['https://authorize/', 'authorize', 443],
    ['http://[::1]:4181', '::1', 4181],
  ])('is read from %s', (url, address, port) => {
    expect(peerAttributes(url)).toEqual({ 'server.address': address, 'server.port': port });
  });
});
