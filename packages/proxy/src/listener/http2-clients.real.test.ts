import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { createSecureContext } from 'node:tls';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect as dialTcp, createServer, type AddressInfo } from 'node:net';
import { connect as dialTls } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '@sallyport/kit/testing';
import { createRig, type Rig } from '../testing/gateway-rig.ts';
import { allowWeb, appHost, createWebRig, type WebRig } from '../testing/web-rig.ts';

let rig: Rig;
const sessions: ClientHttp2Session[] = [];
afterEach(async () => {
  for (const session of sessions.splice(0)) session.destroy();
  await rig.close();
});

const token = { authorization: `Bearer spt_${'a'.repeat(43)}` };
const pods = '/clusters/dev/api/v1/namespaces/default/pods';

async function dial(tls: Parameters<Rig['listenSecure']>[0] = {}, options: object = {}): Promise<ClientHttp2Session> {
  const { port } = await rig.listenSecure(tls);
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, ...options });
  session.on('error', () => {});
  sessions.push(session);
  await once(session, 'connect');
  return session;
}

type Answer = { status: number; headers: Record<string, unknown>; body: Buffer; code: number };

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const chunks: Buffer[] = [];
  let headers: Record<string, unknown> = {};
  stream.on('response', (received) => {
    headers = received;
  });
  stream.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => {});
  await new Promise((resolve) => stream.on('close', resolve));
  return { status: Number(headers[':status']), headers, body: Buffer.concat(chunks), code: stream.rstCode };
}

function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: Buffer): Promise<Answer> {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body) stream.end(body);
  return answerOf(stream);
}

const echo = (request: IncomingMessage, response: ServerResponse) => {
  response.setHeader('x-length', request.headers['content-length'] ?? request.headers['transfer-encoding'] ?? 'none');
  request.pipe(response);
};

describe('a request to a cluster over HTTP/2', () => {
  it('takes the same road: it is authorized, impersonated and recorded', async () => {
    rig = await createRig((_request, response) => response.end('{"kind":"PodList"}'));
    const session = await dial();
    const answer = await ask(session, { ':path': `${pods}?limit=1`, ...token, 'x-unknown': '1', te: 'trailers' });
    expect(answer).toMatchObject({ status: 200, code: 0 });
    expect(String(answer.body)).toBe('{"kind":"PodList"}');
    expect(rig.seen[0]!.url).toBe('/api/v1/namespaces/default/pods?limit=1');
    expect(rig.seen[0]!.headers).toMatchObject({ 'impersonate-user': 'alice@example.com' });
    expect(rig.seen[0]!.headers).not.toHaveProperty('x-unknown');
    await until(() => rig.events.some(({ data }) => data.stage === 'ResponseComplete'));
    const { data } = rig.events.at(-1)!;
    expect(data).toMatchObject({ verb: 'list', responseStatus: { code: 200 }, sallyport: { protocol: 'http/2' } });
    expect(await ask(session, { ':path': pods })).toMatchObject({ status: 401 });
    expect(await ask(session, { ':path': pods, ...token, 'impersonate-user': 'bob' })).toMatchObject({ status: 403 });
    expect(rig.seen).toHaveLength(1);
  });

  it.each([
    ['with a length', true, 300_000],
    ['without a length', false, 300_000],
    ['that is empty', false, 0],
  ])('has a body %s, which arrives complete', async (_what, hasLength, size) => {
    rig = await createRig(echo);
    const body = randomBytes(size);
    const length = hasLength ? { 'content-length': body.length } : {};
    const answer = await ask(await dial(), { ':method': 'POST', ':path': pods, ...token, ...length }, body);
    expect(answer.body.equals(body)).toBe(true);
    expect(answer.headers['x-length']).toBe(hasLength ? String(size) : 'chunked');
  });

  it.each([
    ['resets it', (abort: AbortController) => abort.abort()],
    ['loses its connection', (_abort: AbortController, session: ClientHttp2Session) => session.destroy()],
  ])('never looks complete to the cluster if its client %s', async (_how, cut) => {
    let ended = false;
    let closed = false;
    rig = await createRig((request) => {
      request
        .on('error', () => {})
        .on('end', () => (ended = true))
        .on('close', () => (closed = true))
        .resume();
    });
    const session = await dial();
    const abort = new AbortController();
    const stream = session.request({ ':method': 'POST', ':path': pods, ...token }, { signal: abort.signal });
    stream.on('error', () => {});
    stream.write('kind: Pod\n');
    await until(() => rig.seen.length === 1);
    cut(abort, session);
    await until(() => closed);
    expect([ended, rig.seen[0]!.complete]).toEqual([false, false]);
  });

  it('is refused if it could be read in two ways', async () => {
    rig = await createRig(echo);
    const session = await dial();
    for (const headers of [{ ':authority': 'a.example', host: 'b.example' }, { ':scheme': 'http' }])
      expect((await ask(session, { ':path': pods, ...token, ...headers })).status).toBe(400);
    expect(rig.seen).toEqual([]);
    expect(rig.events.map(({ type }) => type)).toEqual(Array(2).fill('request.unparsable'));
  });

  it('does not end those of others on its connection when it is cut', async () => {
    rig = await createRig((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"type":"BOOKMARK","object":{}}\n');
    });
    const session = await dial();
    const [mine, others] = [1, 2].map(() => session.request({ ':path': `${pods}?watch=true`, ...token }));
    const ended = answerOf(mine!);
    let received = '';
    others!.on('data', (chunk: Buffer) => (received += String(chunk)));
    await until(() => [...rig.streams.registry.all()].length === 2 && received !== '');
    const [first] = [...rig.streams.registry.all()];
    rig.streams.registry.cut(first!, {
      code: 'unauthenticated',
      detail: 'The session was revoked.',
      reason: 'session-ended',
    });
    const { body, code } = await ended;
    expect(code).toBe(0);
    expect(String(body)).toMatch(/BOOKMARK[\s\S]*"type":"ERROR"[\s\S]*"code":401/);
    expect([others!.closed, session.closed]).toEqual([false, false]);
  });

  it('has a response that never looks complete when the cluster breaks it off', async () => {
    rig = await createRig((_request, response) => {
      response.write('{"kind":"PodList",');
      setTimeout(() => response.destroy(), 50);
    });
    const { status, code } = await ask(await dial(), { ':path': pods, ...token });
    expect(status).toBe(200);
    expect(code).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  });

  it('that is answered early stops its upload, and the connection lives', async () => {
    rig = await createRig((_request, response) => response.writeHead(413).end('{}'));
    const session = await dial();
    const stream = session.request({ ':method': 'POST', ':path': pods, ...token });
    stream.write(Buffer.alloc(1_000_000));
    expect((await answerOf(stream)).status).toBe(413);
    expect((await ask(session, { ':path': pods, ...token })).status).toBe(413);
  });
});

describe('a request over HTTP/1.1 that says it is HTTP/2', () => {
  it('is refused, and its connection ends', async () => {
    rig = await createRig(echo);
    const answer = await rig.raw(`GET ${pods} HTTP/2.0\r\nhost: gate\r\nauthorization: ${token.authorization}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*\r\nconnection: close\r\n/i);
    expect(rig.seen).toEqual([]);
  });
});

describe('a connection of HTTP/2', () => {
  it('takes nothing new once it is released, and finishes what it has', async () => {
    let answer: ServerResponse | undefined;
    rig = await createRig((_request, response) => (answer = response));
    const { port, server } = await rig.listenSecure({ handshakeMs: 200 });
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    sessions.push(session);
    const stream = session.request({ ':path': pods, ...token });
    const answered = answerOf(stream);
    await until(() => answer !== undefined);
    server.emit('release');
    await once(session, 'goaway');
    answer!.end('{}');
    expect(await answered).toMatchObject({ status: 200, code: 0 });
    if (!session.destroyed) await once(session, 'close');
  });

  it('serves the hosts of its certificate only', async () => {
    rig = await createRig(echo);
    const other = createSecureContext();
    const contextOf = (host: string) => (host === 'other.example' ? other : undefined);
    const session = await dial({ contextOf }, { servername: 'gate.example.com' });
    const to = (host: string) => ask(session, { ':authority': host, ':path': pods, ...token });
    expect((await to('gate.example.com')).status).toBe(200);
    expect((await to('other.example:8443')).status).toBe(421);
  });
});

describe('a handshake that is finished only after it took too long', () => {
  it.each([['h2'], ['http/1.1']])('gets nothing (%s), and the gateway lives on', async (protocol) => {
    rig = await createRig((_request, response) => response.end('{}'));
    const { port, server } = await rig.listenSecure({ handshakeMs: 200 });
    const tooLate = once(server, 'tlsClientError');
    const between = createServer((client) => {
      const gateway = dialTcp(port, '127.0.0.1').on('error', () => {});
      client.once('data', (hello: Buffer) => {
        gateway.write(hello);
        client.pause();
        void tooLate.then(() => client.pipe(gateway));
      });
      gateway.pipe(client);
    }).listen(0, '127.0.0.1');
    await once(between, 'listening');
    const { port: delayed } = between.address() as AddressInfo;
    const socket = dialTls({ port: delayed, ALPNProtocols: [protocol], rejectUnauthorized: false });
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1'))).on('error', () => {});
    // At once, as clients of TLS 1.3 do: it arrives together with the end of the handshake.
    socket.write(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from('000000040000000000', 'hex')]),
    );
    await new Promise((resolve) => socket.once('close', resolve));
    between.close();
    expect(answer).toBe('');
    expect(await ask(await dial(), { ':path': pods, ...token })).toMatchObject({ status: 200 });
  });
});

describe('a request to a web application over HTTP/2', () => {
  const own = { ':authority': appHost, authorization: 'Bearer spt_x' };
  let web: WebRig;
  const start = async (answer: (request: IncomingMessage, response: ServerResponse) => void) => {
    web = await createWebRig(answer);
    web.answer = () => allowWeb('cli');
    rig = web;
    return dial();
  };

  it('is carried as one over HTTP/1.1, with its body and its cookies', async () => {
    const session = await start((request, response) => {
      response.setHeader('set-cookie', ['a=1; Path=/', 'b=2; Path=/']);
      echo(request, response);
    });
    const body = randomBytes(500_000);
    const headers = { ':method': 'POST', ':path': '/a', origin: `https://${appHost}`, cookie: ['x=1', 'y=2'], ...own };
    const answer = await ask(session, headers, body);
    expect(answer.status).toBe(200);
    expect(answer.body.equals(body)).toBe(true);
    expect(answer.headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2; Path=/']);
    expect(web.asked[0]!.headers.cookie).toBe('x=1; y=2');
    expect(web.checks[0]).toMatchObject({ request: { host: appHost, ip: '127.0.0.1' } });
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('has no body for %s and %i', async (method, status) => {
    const session = await start((_request, response) => response.writeHead(status, { 'x-a': 'b' }).end());
    const answer = await ask(session, { ':method': method, ':path': '/', ...own });
    expect(answer).toMatchObject({ status, code: 0, headers: { 'x-a': 'b' } });
    expect(answer.body).toHaveLength(0);
  });

  it('that is refused early stops its upload, and the connection lives', async () => {
    const session = await start(() => {});
    web.answer = () => allowWeb('route');
    const answer = await ask(session, { ':method': 'POST', ':path': '/a', ...own }, randomBytes(500_000));
    expect(answer).toMatchObject({ status: 401, code: 0 });
    expect((await ask(session, { ':path': '/a', ...own })).status).toBe(401);
  });

  it('never looks complete if it, or its response, was cut', async () => {
    const session = await start((request, response) => {
      request.on('error', () => {});
      if (request.method === 'GET') {
        response.write('half');
        setTimeout(() => response.destroy(), 50);
      }
    });
    expect((await ask(session, { ':path': '/', ...own })).code).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    const abort = new AbortController();
    const headers = { ':method': 'POST', ':path': '/', origin: `https://${appHost}`, ...own };
    const stream = session.request(headers, { signal: abort.signal });
    stream.on('error', () => {});
    stream.write('half');
    await until(() => web.asked.length === 2);
    abort.abort();
    await until(() => web.asked[1]!.destroyed);
    expect(web.asked[1]!.complete).toBe(false);
  });
});
