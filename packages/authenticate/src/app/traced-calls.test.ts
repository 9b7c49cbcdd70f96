import { describe, expect, it } from '@jest/globals';
import { createRecordingTracer, until } from '@sallyport/kit/testing';
import { createBrowser } from '../testing/test-browser.ts';
import { createTestService } from '../testing/test-service.ts';
import { createAuthenticateApp } from './create-authenticate-app.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${spanId}-01`;

async function start() {
  const tracer = createRecordingTracer(1);
  const { deps } = await createTestService();
  const browser = createBrowser(createAuthenticateApp({ ...deps, tracer }));
  const ended = async () => {
    await until(() => tracer.spans.every((span) => span.ended));
    return tracer.spans;
  };
  return { tracer, browser, ended };
}

describe('calls that the gateway traces', () => {
  it('have a span that says what was called, and nothing that the address contains', async () => {
    const { browser, ended } = await start();
    await browser.get('/.sallyport/callback?state=secret-state&code=secret-code', { traceparent });
    await browser.send('delete', '/v1/sessions/secret-session?user=secret-name', { traceparent });
    const spans = await ended();
    expect(spans).toMatchObject([
      { name: 'GET /.sallyport/callback', kind: 'server', traceId, parentSpanId: spanId },
      { name: 'DELETE /v1/sessions/:id', kind: 'server', traceId, parentSpanId: spanId },
    ]);
    expect(JSON.stringify(spans)).not.toContain('secret');
  });

  it('have none without the credential of a service, and none if the gateway does not trace them', async () => {
    const { tracer, browser } = await start();
    expect((await browser.get('/.sallyport/login', { traceparent, authorization: 'Bearer x' })).status).toBe(401);
    await browser.get('/.sallyport/login');
    await browser.get('/.sallyport/login', { traceparent: `00-${traceId}-${spanId}-00` });
    expect(tracer.spans).toEqual([]);
  });
});
