import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { createRecordingTracer } from '../testing/recording-tracer.ts';
import { until } from '../testing/until.ts';
import { beginSampledSpan } from './begin-span.ts';
import { spanOf, traceRequests } from './trace-requests.ts';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

async function start(sample = 1) {
  const tracer = createRecordingTracer(sample);
  const app = express();
  app.use(traceRequests((request) => beginSampledSpan(tracer, request, {})));
  app.get('/v1/sessions/:id', (request, response) => {
    response.json({ trace: spanOf(request)?.traceId ?? null });
  });
  app.all(['/login', '/callback/:provider'], (_request, response) => {
    response.status(204).end();
  });
  const inner = express.Router();
  inner.get('/Users/:id', (_request, response) => {
    response.status(503).end();
  });
  app.use('/scim/v2', inner);
  app.get('/never', (request) => {
    request.socket.destroy();
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => server.close());
  const get = (path: string) => fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
  const ended = async (count: number) => {
    await until(() => tracer.spans.filter((span) => span.ended).length >= count);
    return tracer.spans;
  };
  return { tracer, get, ended };
}

describe('the spans of requests', () => {
  it('say which pattern was asked for, and nothing else of the address', async () => {
    const { get, ended } = await start();
    const answer = (await (await get('/v1/sessions/secret-1?user=secret-2')).json()) as { trace: string };
    const [span] = await ended(1);
    expect(span).toMatchObject({
      name: 'GET /v1/sessions/:id',
      traceId: answer.trace,
      attributes: { 'http.route': '/v1/sessions/:id', 'http.response.status_code': 200 },
      error: undefined,
    });
    expect(JSON.stringify(span)).not.toContain('secret');
  });

  it('say which of several addresses was asked for, unless it has something of the request', async () => {
    const { get, ended } = await start();
    await get('/login?state=secret-1');
    await get('/callback/secret-2');
    await get('/nothing/here/secret-3');
    const spans = await ended(3);
    expect(spans.map(({ name }) => name)).toEqual(['GET /login', 'GET', 'GET']);
    expect(JSON.stringify(spans)).not.toContain('secret');
  });

  it('say what failed', async () => {
    const { get, ended } = await start();
    await get('/scim/v2/Users/secret-1');
    expect(await ended(1)).toMatchObject([
      { name: 'GET /scim/v2/Users/:id', error: '503', attributes: { 'http.response.status_code': 503 } },
    ]);
  });

  it('have no status if there was no response', async () => {
    const { get, ended } = await start();
    await expect(get('/never')).rejects.toThrow();
    expect((await ended(1))[0]!.attributes['http.response.status_code']).toBeUndefined();
  });

  it('are not there if the request is not traced', async () => {
    const { tracer, get } = await start(0);
    expect(await (await get('/v1/sessions/a')).json()).toEqual({ trace: null });
    expect(tracer.spans).toEqual([]);
  });
});
