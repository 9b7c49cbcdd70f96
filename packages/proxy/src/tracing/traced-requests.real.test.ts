import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ProblemError } from '@sallyport/kit';
import { createRecordingTracer, until } from '@sallyport/kit/testing';
import { allow, createRig, type Rig } from '../testing/gateway-rig.ts';
import { allowWeb, createWebRig, webHead } from '../testing/web-rig.ts';

const token = `spt_${'s'.repeat(43)}`;
const foreign = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const foreignLines = [
  `traceparent: 00-${foreign.traceId}-${foreign.spanId}-01`,
  'tracestate: vendor=secret-state',
  'baggage: user=secret-baggage',
];
const open: Rig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig.close();
});

const ok = (_request: IncomingMessage, response: ServerResponse) => void response.end('{}');

async function start(sample: number | undefined, handler = ok) {
  const tracer = createRecordingTracer(sample ?? 1);
  const lines: string[] = [];
  const tracing = { tracer, log: (line: string) => void lines.push(line) };
  const rig = await createRig(
    handler,
    {},
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    sample === undefined ? undefined : tracing,
  );
  open.push(rig);
  return { rig, tracer, lines };
}

async function startWeb(sample: number | undefined, handler = ok) {
  const tracer = createRecordingTracer(sample ?? 1);
  const rig = await createWebRig(handler, sample === undefined ? {} : { tracer });
  open.push(rig);
  return { rig, tracer };
}

const head = (target: string, more: readonly string[] = [], host = 'gate') =>
  [
    `GET ${target} HTTP/1.1`,
    `Host: ${host}`,
    `Authorization: Bearer ${token}`,
    'User-Agent: secret-agent',
    'Connection: close',
    ...more,
    '',
    '',
  ].join('\r\n');

const pods = '/clusters/dev/api/v1/namespaces/dev/pods';

describe('a traced request to a cluster', () => {
  it('has a span with the check and the request upstream as its parts, and the cluster is told', async () => {
    const { rig, tracer, lines } = await start(1);
    await rig.raw(head(`${pods}?labelSelector=secret-query`));
    const [request, check, upstream] = tracer.spans;
    expect(tracer.spans).toHaveLength(3);
    expect(tracer.spans.every(({ ended }) => ended)).toBe(true);
    expect(request).toMatchObject({
      name: 'GET pods',
      kind: 'server',
      parentSpanId: undefined,
      error: undefined,
      attributes: {
        'http.request.method': 'GET',
        'http.response.status_code': 200,
        'server.address': 'gate.example.com',
        'server.port': 8443,
        'url.scheme': 'https',
        'url.path': '/api/v1/namespaces/dev/pods',
        'sallyport.audit_id': expect.stringMatching(/^[0-9a-f-]{36}$/),
        'sallyport.cluster': 'dev',
        'sallyport.verb': 'list',
        'sallyport.resource': 'pods',
        'sallyport.effect': 'allow',
        'sallyport.rule': 'cluster/dev[0].allow.or',
      },
    });
    expect(check).toMatchObject({ name: 'check', kind: 'client', parentSpanId: request!.spanId });
    expect(check!.attributes).toEqual({ 'sallyport.effect': 'allow', 'sallyport.rule': 'cluster/dev[0].allow.or' });
    expect(upstream).toMatchObject({
      name: 'GET',
      kind: 'client',
      traceId: request!.traceId,
      parentSpanId: request!.spanId,
      attributes: { 'server.address': '127.0.0.1', 'http.response.status_code': 200 },
    });
    expect(rig.seen[0]!.headers['traceparent']).toBe(`00-${request!.traceId}-${upstream!.spanId}-01`);
    const line = lines.map((one) => JSON.parse(one) as Record<string, unknown>).find(({ msg }) => msg === 'request');
    expect(line).toMatchObject({ trace_id: request!.traceId, auditId: request!.attributes['sallyport.audit_id'] });
  });

  it('keeps its own trace, whatever the client says of one, and has that as a link', async () => {
    const { rig, tracer } = await start(1);
    await rig.raw(head(pods, foreignLines));
    const [request, , upstream] = tracer.spans;
    expect(request).toMatchObject({ link: foreign, parentSpanId: undefined });
    expect(request!.traceId).not.toBe(foreign.traceId);
    const { headers, rawHeaders } = rig.seen[0]!;
    expect(headers['traceparent']).toBe(`00-${request!.traceId}-${upstream!.spanId}-01`);
    expect(headers).not.toHaveProperty('tracestate');
    expect(rawHeaders.filter((name) => name.toLowerCase() === 'traceparent')).toHaveLength(1);
  });

  it.each([
    ['is off', undefined],
    ['leaves it out', 0],
  ])('is not made by a client while tracing %s', async (_what, sample) => {
    const { rig, tracer, lines } = await start(sample);
    await rig.raw(head(pods, foreignLines));
    expect(rig.seen).toHaveLength(1);
    expect(rig.seen[0]!.headers).not.toHaveProperty('traceparent');
    expect(rig.seen[0]!.headers).not.toHaveProperty('tracestate');
    expect(tracer.spans).toEqual([]);
    expect(lines.join('')).not.toContain('trace_id');
  });

  it('has no names of people, tokens, queries, commands or bodies in its spans', async () => {
    const { rig, tracer } = await start(1);
    rig.answer = () => ({ ...allow(), agent: { id: 'a', name: 'secret-name', actor: 'x' } as never });
    const exec = '/clusters/dev/api/v1/namespaces/dev/pods/web-0/exec?command=secret-command&stdin=true';
    await rig.raw(head(exec, ['Upgrade: SPDY/3.1', 'X-Stream-Protocol-Version: v4.channel.k8s.io', ...foreignLines]));
    await rig.raw(head('/clusters/dev/api/v1/namespaces/dev/services/web/proxy/reset/secret-path?x=secret-query'));
    await rig.raw(head('/clusters/secret-cluster/api/v1/pods'));
    await rig.raw(head('/secret-page'));
    await rig.raw(
      head(pods, ['Cookie: a=secret-cookie', 'Kubectl-Command: secret-kubectl', 'X-Forwarded-For: 192.0.2.77']),
    );
    await rig.raw(
      `GET ${pods} HTTP/1.1\r\nHost: secret-host\r\nImpersonate-User: secret-other\r\nConnection: close\r\n\r\n`,
    );
    const sent = JSON.stringify(tracer.spans);
    expect(tracer.spans.filter(({ kind }) => kind === 'server')).toHaveLength(6);
    expect(sent).not.toMatch(/secret|alice|spt_|planted-gateway-token|192\.0\.2|127\.0\.0\.1:.*ip/);
  });

  it('lasts as long as an exec, and the cluster is told with the upgrade', async () => {
    const { rig, tracer } = await start(1);
    let told: string | undefined;
    let upstreamSocket: Duplex | undefined;
    rig.upstream.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
      told = String(request.headers['traceparent']);
      upstreamSocket = socket;
      socket.on('error', () => {});
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n');
    });
    const target = '/clusters/dev/api/v1/namespaces/dev/pods/web-0/exec?command=secret-command&stdin=true';
    const socket = rig.dial();
    socket.on('error', () => {});
    socket.resume();
    const lines = ['Connection: Upgrade', 'Upgrade: SPDY/3.1', 'X-Stream-Protocol-Version: v4.channel.k8s.io'];
    socket.write(
      `POST ${target} HTTP/1.1\r\nHost: gate\r\nAuthorization: Bearer ${token}\r\n${lines.join('\r\n')}\r\n\r\n`,
    );
    await until(() => told !== undefined && tracer.spans.length === 3);
    const [request, , upstream] = tracer.spans;
    expect(told).toBe(`00-${request!.traceId}-${upstream!.spanId}-01`);
    expect([request!.ended, upstream!.ended]).toEqual([false, false]);
    upstreamSocket!.end();
    socket.end();
    await until(() => request!.ended && upstream!.ended);
    expect(request).toMatchObject({ name: 'POST pods/exec', attributes: { 'http.response.status_code': 101 } });
    expect(JSON.stringify(tracer.spans)).not.toContain('secret');
  });

  it('says nothing of the address of someone who is not known', async () => {
    const { rig, tracer } = await start(1);
    rig.answer = () => ({
      decision: { effect: 'authenticate', rule: 'session', reasons: [], policyVersion: 'v' },
      problem: { code: 'unauthenticated', detail: 'Log in.' },
    });
    await rig.raw(head('/clusters/dev/api/v1/namespaces/secret-1/pods'));
    expect(tracer.spans[0]).toMatchObject({
      name: 'GET',
      ended: true,
      error: undefined,
      attributes: { 'http.response.status_code': 401, 'sallyport.effect': 'authenticate' },
    });
    expect(JSON.stringify(tracer.spans)).not.toContain('secret-1');
  });

  it('says where it failed: at authorize', async () => {
    const { rig, tracer } = await start(1);
    rig.answer = () => {
      throw new ProblemError('authorize-unavailable', 'secret-detail');
    };
    await rig.raw(head(pods));
    const [request, check] = tracer.spans;
    expect(tracer.spans).toHaveLength(2);
    expect(request).toMatchObject({ error: '503', ended: true });
    expect(check).toMatchObject({ error: 'authorize-unavailable', ended: true });
    expect(JSON.stringify(tracer.spans)).not.toContain('secret');
  });

  it('says where it failed: at the cluster', async () => {
    const { rig, tracer } = await start(1, (request) => void request.socket.destroy());
    await rig.raw(head(pods));
    const [request, , upstream] = tracer.spans;
    expect(request).toMatchObject({ error: '502', attributes: { 'http.response.status_code': 502 } });
    expect(upstream!.error).toBeDefined();
    expect(upstream!.attributes).not.toHaveProperty('http.response.status_code');
  });

  it('tells a refusal of the cluster from one of the gateway', async () => {
    const { rig, tracer } = await start(1, (_request, response) => void response.writeHead(403).end('{}'));
    await rig.raw(head(pods));
    const [request, , upstream] = tracer.spans;
    expect(request).toMatchObject({ error: undefined, attributes: { 'http.response.status_code': 403 } });
    expect(upstream).toMatchObject({ error: '403', attributes: { 'http.response.status_code': 403 } });
  });
});

describe('a traced request to a web application', () => {
  it('has a span with its parts but no path, and the application is told', async () => {
    const { rig, tracer } = await startWeb(1);
    await rig.raw(webHead('GET', '/reset/secret-path?x=secret-query', ['Connection: close']));
    const [request, check, upstream] = tracer.spans;
    expect(tracer.spans).toHaveLength(3);
    expect(request).toMatchObject({
      name: 'GET app.example.com',
      attributes: { 'server.address': 'app.example.com', 'server.port': 443, 'http.response.status_code': 200 },
      ended: true,
    });
    expect(check!.parentSpanId).toBe(request!.spanId);
    expect(upstream).toMatchObject({ kind: 'client', parentSpanId: request!.spanId, ended: true });
    expect(rig.asked[0]!.headers['traceparent']).toBe(`00-${request!.traceId}-${upstream!.spanId}-01`);
    expect(JSON.stringify(tracer.spans)).not.toMatch(/secret|alice|spt_/);
  });

  it('does not pass on what the client says of a trace, in any spelling', async () => {
    const { rig, tracer } = await startWeb(1);
    const lines = [...foreignLines, 'trace_parent: secret-1', 'Trace-State: secret-2', 'Connection: close'];
    await rig.raw(webHead('GET', '/', lines));
    const names = rig.asked[0]!.rawHeaders.filter((name) => /^trace/i.test(name));
    expect(names).toEqual(['traceparent']);
    expect(tracer.spans[0]).toMatchObject({ link: foreign });
  });

  it('tells nothing while the request is left out, and leaves the headers of the client alone while tracing is off', async () => {
    const leftOut = await startWeb(0);
    await leftOut.rig.raw(webHead('GET', '/', [...foreignLines, 'Connection: close']));
    expect(leftOut.rig.asked[0]!.headers).not.toHaveProperty('traceparent');
    expect(leftOut.tracer.spans).toEqual([]);
    const off = await startWeb(undefined);
    await off.rig.raw(webHead('GET', '/', [...foreignLines, 'Connection: close']));
    expect(off.rig.asked[0]!.headers['traceparent']).toBe(`00-${foreign.traceId}-${foreign.spanId}-01`);
  });

  it('ends its spans with a refusal', async () => {
    const { rig, tracer } = await startWeb(1);
    rig.answer = () => allowWeb('route', { decision: { effect: 'deny', rule: 'r', reasons: [], policyVersion: 'v' } });
    await rig.raw(webHead('GET', '/secret-path', ['Connection: close']));
    expect(tracer.spans).toHaveLength(2);
    expect(tracer.spans.every(({ ended }) => ended)).toBe(true);
    expect(rig.asked).toEqual([]);
  });
});
