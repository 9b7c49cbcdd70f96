import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createMetrics } from '../observe/create-admin-server.ts';
import { createLogger } from '../observe/create-logger.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../testing/otlp-receiver.ts';
import { until } from '../testing/until.ts';
import { createTracer } from './create-tracer.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function receiver(...how: Parameters<typeof startOtlpReceiver>): Promise<OtlpReceiver> {
  const started = await startOtlpReceiver(...how);
  closing.push(() => started.close());
  return started;
}

function rig(otlp: string) {
  const lines: string[] = [];
  const metrics = createMetrics();
  const logger = createLogger({ service: 'proxy', destination: { write: (line: string) => void lines.push(line) } });
  const tracer = createTracer({ service: 'proxy', otlp, sample: 1, logger, metrics });
  const valueOf = async (line: string) => {
    const found = (await metrics.metrics()).split('\n').find((one) => one.startsWith(line));
    return Number(found?.slice(line.length) ?? 0);
  };
  return {
    tracer,
    warnings: () => lines.filter((line) => line.includes('traces cannot be delivered')),
    recoveries: () => lines.filter((line) => line.includes('traces are delivered again')),
    sent: () => valueOf('sallyport_tracing_spans_sent_total '),
    dropped: (reason: string) => valueOf(`sallyport_tracing_spans_dropped_total{reason="${reason}"} `),
  };
}

const answers = (status: number, type: string, body: string | Buffer) => (_: IncomingMessage, to: ServerResponse) =>
  void to.writeHead(status, { 'content-type': type }).end(body);

describe('spans on their way to a collector', () => {
  it('arrive with their parents, links, times and attributes', async () => {
    const collector = await receiver();
    const { tracer, sent, dropped } = rig(`${collector.url}/otlp`);
    const link = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7', sampled: true };
    const before = BigInt(Date.now() - 1000) * 1_000_000n;
    const root = tracer.begin({ name: 'GET', kind: 'server', attributes: { text: 'Straße', count: 7 }, link });
    const part = root.begin({ name: 'check', kind: 'client', attributes: { share: 0.5, on: true, none: undefined } });
    part.end({ error: 'authorize-unavailable' });
    root.rename('GET pods');
    root.set({ 'http.response.status_code': 200 });
    root.end();
    await tracer.close();
    expect(collector.requests).toEqual([{ path: '/otlp/v1/traces', contentType: 'application/x-protobuf' }]);
    const [child, first] = collector.spans();
    expect(first).toMatchObject({
      service: 'sallyport-proxy',
      name: 'GET pods',
      kind: 'server',
      parentSpanId: '',
      attributes: { text: 'Straße', count: 7, 'http.response.status_code': 200 },
      links: [{ traceId: link.traceId, spanId: link.spanId }],
      failed: false,
    });
    expect(child).toMatchObject({
      name: 'check',
      kind: 'client',
      traceId: first!.traceId,
      parentSpanId: first!.spanId,
      failed: true,
    });
    expect(child!.attributes).toEqual({ share: 0.5, on: true, 'error.type': 'authorize-unavailable' });
    expect(root.traceparent).toBe(`00-${first!.traceId}-${first!.spanId}-01`);
    expect(first!.startedAt).toBeGreaterThan(before);
    expect(first!.endedAt).toBeGreaterThanOrEqual(child!.endedAt);
    expect(await sent()).toBe(2);
    expect(await dropped('stopped')).toBe(0);
  });

  it('can be a part of a span in another service', async () => {
    const collector = await receiver();
    const { tracer } = rig(collector.url);
    const parent = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
    tracer.begin({ name: 'POST /v1/check', kind: 'server', parent }).end();
    await tracer.close();
    expect(collector.spans()).toMatchObject([{ traceId: parent.traceId, parentSpanId: parent.spanId }]);
  });

  it('are kept while the collector is away, and one warning says what to do', async () => {
    const first = await receiver();
    const port = Number(new URL(first.url).port);
    await first.close();
    const { tracer, warnings, recoveries, sent } = rig(first.url);
    for (let count = 0; count < 600; count += 1) tracer.begin({ name: `span ${count}`, kind: 'server' }).end();
    await until(() => warnings().length > 0);
    expect(warnings()[0]).toMatch(/ECONNREFUSED.*check that the collector runs.*tracing\.otlp/);
    const second = await receiver(undefined, port);
    const spans = await second.until((found) => found.length >= 600);
    expect(new Set(spans.map(({ name }) => name)).size).toBe(600);
    await until(() => recoveries().length > 0);
    await until(async () => (await sent()) === 600);
    expect(warnings()).toHaveLength(1);
    await tracer.close();
  });

  it('are dropped and counted beyond the length of the queue, and beginning and ending them never waits', async () => {
    const stuck = await receiver(() => undefined); // never answers
    const { tracer, dropped } = rig(stuck.url);
    const began = performance.now();
    for (let count = 0; count < 5000; count += 1) tracer.begin({ name: 'span', kind: 'server' }).end();
    expect(performance.now() - began).toBeLessThan(30_000);
    await until(async () => (await dropped('full')) > 0);
    expect(await dropped('full')).toBe(5000 - 2048);
    const stopping = performance.now();
    await tracer.close();
    expect(performance.now() - stopping).toBeLessThan(30_000);
    expect(await dropped('stopped')).toBe(2048);
  });

  it.each([
    ['a page', answers(200, 'text/html', '<html>hello</html>'), 'did not answer as an OTLP/HTTP receiver'],
    ['broken protobuf', answers(200, 'application/x-protobuf', Buffer.from([0x0a, 0xff])), 'did not answer as'],
    ['broken JSON', answers(200, 'application/json', '{'), 'did not answer as'],
    ['not found', answers(404, 'text/plain', 'no'), 'it answers 404'],
    ['a redirect', answers(307, 'text/plain', ''), 'it answers 307'],
  ])('are dropped and counted if the collector answers with %s', async (_what, answer, why) => {
    const collector = await receiver(answer);
    const { tracer, warnings, sent, dropped } = rig(collector.url);
    tracer.begin({ name: 'span', kind: 'server' }).end();
    await tracer.close();
    expect(await dropped('refused')).toBe(1);
    expect(await sent()).toBe(0);
    expect(warnings()).toEqual([expect.stringContaining(why)]);
  });

  it('are counted as the collector takes them, in JSON too', async () => {
    const partly = answers(
      200,
      'application/json',
      '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"secret-1"}}',
    );
    const collector = await receiver(partly);
    const { tracer, warnings, sent, dropped } = rig(collector.url);
    for (const name of ['a', 'b', 'c']) tracer.begin({ name, kind: 'server' }).end();
    await tracer.close();
    expect([await sent(), await dropped('refused')]).toEqual([2, 1]);
    expect(warnings()).toEqual([expect.stringContaining('only a part')]);
    expect(warnings()[0]).not.toContain('secret-1');
  });

  it('are not lost to an endless answer', async () => {
    const endless = await receiver((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/x-protobuf' });
      const more = () => response.write(Buffer.alloc(256 * 1024)) && setImmediate(more);
      response.on('drain', more);
      response.on('error', () => {});
      more();
    });
    const { tracer, warnings } = rig(endless.url);
    tracer.begin({ name: 'span', kind: 'server' }).end();
    await until(() => warnings().length > 0);
    expect(warnings()[0]).toContain('too large');
    await tracer.close();
  });
});
