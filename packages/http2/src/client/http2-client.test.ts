import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { connect, createServer as createNetServer, Socket, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Http1Error, Http1Flow, Http1Handler } from '@sallyport/http1';
import { writeFrame } from '../testing/raw-frames.ts';
import { createHttp2Client, type Http2Client } from './http2-client.ts';
import { maxStreams } from './shared-connection.ts';

const toClose: (() => void)[] = [];
afterEach(() => {
  for (const close of toClose.splice(0)) close();
});

type Outcome = {
  status?: number;
  lines?: string[];
  body: string;
  trailers?: readonly string[];
  failed?: true | 'unanswered';
  code?: string;
};

type AskOptions = Partial<Http1Handler> & { fresh?: boolean };

/** Sends a request and gathers what comes of it. */
function ask(client: Http2Client, path: string, headers: readonly string[] = [], on: AskOptions = {}) {
  const { fresh = false, ...handling } = on;
  const outcome: Outcome = { body: '' };
  let flow!: Http1Flow;
  const ended = new Promise<Outcome>((resolve) => {
    client.dispatch(
      { method: 'GET', path, headers, fresh },
      {
        onStart: (given) => void (flow = given),
        onHead: (status, lines) => void Object.assign(outcome, { status, lines }),
        onData: (chunk) => void (outcome.body += chunk.toString()),
        onEnd: (trailers) => resolve(Object.assign(outcome, { trailers })),
        onError: (error, unanswered) =>
          resolve(
            Object.assign(outcome, { failed: unanswered ? 'unanswered' : true, code: (error as Http1Error).code }),
          ),
        ...handling,
      },
    );
  });
  return { outcome, ended, flow: () => flow };
}

/** Asks, and waits for the head of the response. */
async function open(client: Http2Client, path = '/watch') {
  let asked!: ReturnType<typeof ask>;
  await new Promise<void>((resolve) => {
    asked = ask(client, path, [], { onHead: () => resolve() });
  });
  return asked;
}

/** Connects without TLS, because only the protocol matters here. */
function dial(port: number, alpnProtocol: unknown = 'h2'): TLSSocket {
  const socket = connect(port, '127.0.0.1');
  socket.once('connect', () => socket.emit('secureConnect'));
  return Object.assign(socket, { alpnProtocol }) as unknown as TLSSocket;
}

type On = (stream: ServerHttp2Stream, path: string, fields: string[]) => void;

async function serve(onStream: On, more: Record<string, unknown> = {}) {
  const { alpn = 'h2', settings = {}, server: options = {}, ...deps } = more;
  const server: Http2Server = createServer({ settings: settings as object, ...(options as object) });
  const sessions: ServerHttp2Session[] = [];
  server.on('session', (session) => sessions.push(session.on('error', () => {})));
  server.on('sessionError', () => {});
  (server as unknown as NodeJS.EventEmitter).on(
    'stream',
    (stream: ServerHttp2Stream, headers: Record<string, string>, _flags: number, raw: string[]) => {
      stream.on('error', () => {});
      onStream(stream, headers[':path']!, raw);
    },
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  let connections = 0;
  const byHttp1: string[] = [];
  const client = createHttp2Client({
    authority: 'cluster.example',
    connectTimeoutMs: 1000,
    connect() {
      connections += 1;
      return dial((server.address() as AddressInfo).port, alpn);
    },
    http1: {
      dispatch(request, handler) {
        byHttp1.push(request.path);
        handler.onEnd([]);
      },
    },
    ...deps,
  });
  toClose.push(() => {
    client.close();
    for (const session of sessions) session.destroy();
    server.close();
  });
  return { client, sessions, byHttp1, connections: () => connections };
}

const frame = (type: number, flags: number, stream: number, payload: number[] = []) =>
  writeFrame(type, flags, stream, Buffer.from(payload));
/** `:status: 200` (RFC 7541, A) without the end of the stream. */
const head = frame(1, 4, 1, [0x88]);
const part = frame(0, 0, 1, [...Buffer.from('part')]);
const reset = (code: number) => frame(3, 0, 1, [0, 0, 0, code]);
/** GOAWAY that says that no stream was processed. */
const goaway = (code: number) => frame(7, 0, 0, [0, 0, 0, 0, 0, 0, 0, code]);

/** Serves one connection. It answers the first request with these bytes, and is silent otherwise. */
async function serveBytes(answer: Buffer[], deps: Record<string, unknown> = {}) {
  const server = createNetServer((socket) => {
    let read = Buffer.alloc(0);
    let at = 24; // after the preface
    socket.on('error', () => {});
    socket.write(frame(4, 0, 0));
    socket.on('data', (chunk: Buffer) => {
      read = Buffer.concat([read, chunk]);
      for (; at + 9 <= read.length; at += 9 + read.readUIntBE(at, 3))
        if (read[at + 3] === 1) socket.write(Buffer.concat(answer.splice(0)));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  toClose.push(() => server.close());
  return (await serve(stayOpen, { connect: () => dial((server.address() as AddressInfo).port), ...deps })).client;
}

/** Answers, and leaves the stream open. */
const stayOpen: On = (stream) => stream.respond({ ':status': 200 });

describe('a request over HTTP/2', () => {
  it('carries each header as it is, and returns each as it was received', async () => {
    let seen: string[] = [];
    const { client } = await serve((stream, _path, fields) => {
      seen = fields;
      stream.respond({ ':status': 201, 'x-twice': ['1', '2'] }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'e' }));
      stream.end('body');
    });
    const headers = ['Impersonate-Group', 'a', 'Impersonate-Group', 'b', 'X-Name', 'caf\u00e9'];
    const { status, lines, body, trailers } = await ask(client, '/a?b', headers).ended;
    expect(seen.slice(0, 8)).toEqual([
      ':method',
      'GET',
      ':scheme',
      'https',
      ':authority',
      'cluster.example',
      ':path',
      '/a?b',
    ]);
    expect(seen.slice(8)).toEqual(headers.map((text, index) => (index % 2 === 0 ? text.toLowerCase() : text)));
    expect({ status, body, trailers }).toEqual({ status: 201, body: 'body', trailers: ['x-end', 'e'] });
    expect(lines!.slice(0, 4)).toEqual(['x-twice', '1', 'x-twice', '2']);
  });

  it('carries thousands of groups', async () => {
    let seen = 0;
    const { client } = await serve(
      (stream, _path, fields) => {
        seen = fields.length / 2;
        stream.respond({ ':status': 200 }, { endStream: true });
      },
      { server: { maxHeaderListPairs: 10_000, maxSessionMemory: 100 }, settings: { maxHeaderListSize: 10_000_000 } },
    );
    const headers = Array.from({ length: 3000 }, (_none, at) => ['Impersonate-Group', `a-group-of-some-people-${at}`]);
    expect(await ask(client, '/', headers.flat()).ended).toMatchObject({ status: 200 });
    expect(seen).toBe(3004);
  });

  it.each([
    ['a line break', ['x-a', 'b\nc']],
    ['a character of two bytes', ['x-a', '\u0141']],
    ['a blank before its value', ['impersonate-user', ' alice']],
    ['a blank after its value', ['impersonate-user', 'alice\t']],
    ['an invalid name', ['x a', 'b']],
    ['the name of a pseudo-header', [':path', '/b']],
    ['a name of the connection', ['connection', 'close']],
  ])('is not sent with %s', async (_what, headers) => {
    let requests = 0;
    const { client } = await serve((stream) => {
      requests += 1;
      stream.respond({}, { endStream: true });
    });
    expect(await ask(client, '/', headers).ended).toMatchObject({ failed: true });
    expect(await ask(client, '/').ended).toMatchObject({ status: 200 });
    expect(requests).toBe(1);
  });
});

describe('a body that was cut', () => {
  it.each<[string, On]>([
    ['a reset', (stream) => stream.destroy(new Error('cut'))],
    ['the end of the connection', (stream) => stream.session!.destroy()],
    ['GOAWAY with an error', (stream) => stream.session!.goaway(2)],
  ])('is never taken for a whole one after %s', async (_what, cut) => {
    const { client } = await serve((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('part', () => void setTimeout(20).then(() => cut(stream, '', [])));
    });
    expect(await ask(client, '/').ended).toMatchObject({ status: 200, body: 'part', failed: true });
  });

  it.each([
    ['CANCEL', 8],
    ['PROTOCOL_ERROR', 1],
    ['NO_ERROR, which proxies send when they fail', 0],
  ])('is never taken for a whole one after a reset with %s', async (_what, code) => {
    const client = await serveBytes([head, part, reset(code)]);
    expect(await ask(client, '/').ended).toMatchObject({ status: 200, body: 'part', failed: true });
  });

  it.each([
    ['its end', frame(0, 1, 1), {}],
    ['a reset with NO_ERROR', reset(0), { failed: true }],
  ])('is told from a whole one while it is not read, by %s', async (_what, last, expected) => {
    const client = await serveBytes([head, part, last]);
    const asked = await open(client);
    asked.flow().pause();
    await setTimeout(50);
    asked.flow().resume();
    expect(await asked.ended).toMatchObject({ body: 'part', ...expected });
  });

  it('is never taken for a whole one if it is shorter than announced', async () => {
    const { client } = await serve((stream) => {
      stream.respond({ ':status': 200, 'content-length': '10' });
      stream.end('part');
    });
    expect(await ask(client, '/').ended).toMatchObject({ failed: true });
  });
});

describe('streams that stay open', () => {
  it('share few connections, which are less full than allowed', async () => {
    const { client, connections } = await serve(stayOpen);
    await Promise.all(Array.from({ length: 40 }, () => open(client)));
    expect([connections(), client.counts()]).toEqual([4, { connections: 4, streams: 40 }]);
    await Promise.all(Array.from({ length: 4 * maxStreams - 39 }, () => open(client)));
    expect(client.counts()).toEqual({ connections: 5, streams: 4 * maxStreams + 1 });
  });

  it('are as many on a connection as the server takes', async () => {
    const { client, connections } = await serve(stayOpen, { settings: { maxConcurrentStreams: 5 } });
    await Promise.all(Array.from({ length: 5 }, () => open(client)));
    await Promise.all(Array.from({ length: 25 }, () => open(client)));
    expect(connections()).toBeGreaterThanOrEqual(6);
  });

  it('do not end with one that is given up, and do not wait for one that is not read', async () => {
    const closed: number[] = [];
    const { client, connections } = await serve((stream, path) => {
      stream.respond({ ':status': 200 });
      stream.on('close', () => closed.push(stream.rstCode));
      if (path === '/bulk') stream.write(Buffer.alloc(4_000_000));
      if (path === '/short') stream.end('whole');
    });
    const bulk = await open(client, '/bulk');
    bulk.flow().pause();
    const quiet = await open(client);
    expect(await ask(client, '/short').ended).toMatchObject({ body: 'whole' });
    quiet.flow().abort();
    bulk.flow().abort();
    expect(await ask(client, '/short').ended).toMatchObject({ body: 'whole' });
    expect(closed.filter((code) => code === 8)).toHaveLength(2);
    expect(connections()).toBe(1);
  });

  it('go on after GOAWAY, and new ones begin elsewhere', async () => {
    const streams: ServerHttp2Stream[] = [];
    const { client, sessions, connections } = await serve((stream, path, raw) => {
      streams.push(stream);
      stayOpen(stream, path, raw);
    });
    const first = await open(client);
    sessions[0]!.close();
    await once(sessions[0]!, 'goaway').catch(() => {});
    await open(client);
    expect(connections()).toBe(2);
    streams[0]!.end('to the end');
    expect(await first.ended).toMatchObject({ trailers: [] });
  });
});

describe('a handler that throws', () => {
  it.each([
    ['onHead', '/head'],
    ['onData', '/data'],
  ])('in %s fails its own stream only', async (method, path) => {
    const { client, connections } = await serve((stream, _path) => {
      stream.respond({ ':status': 200 });
      stream.write('part');
    });
    const other = await open(client);
    const failing = ask(client, path, [], {
      [method]: () => {
        throw new Error('a fault');
      },
    });
    expect(await failing.ended).toMatchObject({ failed: true });
    await open(client);
    expect([connections(), other.outcome.failed]).toEqual([1, undefined]);
  });
});

describe('a server', () => {
  it.each([
    ['refuses a stream', reset(7)],
    ['sends GOAWAY without an error', goaway(0)],
    ['sends GOAWAY with an error', goaway(11)],
  ])('that %s has not processed it, so it may be sent again', async (_what, answer) => {
    const client = await serveBytes([answer]);
    expect(await ask(client, '/').ended).toMatchObject({ failed: 'unanswered', code: 'REFUSED' });
  });

  it('that sends GOAWAY with an error may have processed every stream up to the last one that it names', async () => {
    const { client } = await serve((stream, path) => {
      if (path === '/last') stream.session!.goaway(11, 1);
    });
    const first = ask(client, '/first').ended;
    expect(await ask(client, '/last').ended).toMatchObject({ failed: 'unanswered', code: 'REFUSED' });
    expect(await first).toMatchObject({ failed: true, code: 'CLOSED' });
  });

  it('that refuses a stream gets the next ones over another connection, while the open ones go on', async () => {
    const { client, sessions, connections } = await serve((stream, path) => {
      if (path === '/watch') stream.respond({ ':status': 200 });
      else stream.close(7);
    });
    const watch = await open(client);
    await new Promise<unknown>((resolve) => {
      ask(client, '/', [], { onError: () => resolve(open(client)) });
    });
    expect([connections(), watch.outcome.failed]).toEqual([2, undefined]);
    watch.flow().abort();
    await once(sessions[0]!, 'close');
  });

  it('gets a request over a connection of its own if that is asked for', async () => {
    const { client, connections } = await serve((stream) => stream.respond({ ':status': 200 }));
    await open(client);
    await open(client);
    expect(connections()).toBe(1);
    await new Promise<void>((resolve) => void ask(client, '/watch', [], { fresh: true, onHead: () => resolve() }));
    expect(connections()).toBe(2);
  });

  it('that does not speak HTTP/2 gets the same requests over HTTP/1.1, and is not tried again soon', async () => {
    const { client, byHttp1, connections } = await serve(stayOpen, { alpn: false });
    await Promise.all([ask(client, '/a').ended, ask(client, '/b').ended]);
    await ask(client, '/c').ended;
    expect([byHttp1, connections(), client.counts()]).toEqual([['/a', '/b', '/c'], 1, undefined]);
  });

  it('that no longer responds to pings loses its streams', async () => {
    const client = await serveBytes([head], { pingMs: 50 });
    expect(await ask(client, '/').ended).toMatchObject({ status: 200, failed: true });
  });

  it('that no longer responds to pings may still process what it was sent, so that is not sent again', async () => {
    const client = await serveBytes([head], { pingMs: 50 });
    await open(client);
    expect(await ask(client, '/').ended).toMatchObject({ failed: true });
  });

  it('keeps a connection that is quiet, responds to pings, and has streams', async () => {
    const { client, sessions, connections } = await serve(stayOpen, { pingMs: 200, idleMs: 10 });
    const first = await open(client);
    let pings = 0;
    await new Promise<void>((resolve) => sessions[0]!.on('ping', () => (pings += 1) === 5 && resolve()));
    expect(client.counts()).toEqual({ connections: 1, streams: 1 });
    first.flow().abort();
    await once(sessions[0]!, 'close');
    expect([client.counts(), connections()]).toEqual([{ connections: 0, streams: 0 }, 1]);
  });

  it('keeps its quiet streams after it has sent GOAWAY, as long as it responds', async () => {
    const { client, sessions } = await serve(stayOpen, { pingMs: 50 });
    const watch = await open(client);
    let probes = 0;
    const probed = new Promise<void>((resolve) =>
      sessions[0]!.on('remoteSettings', () => (probes += 1) === 5 && resolve()),
    );
    sessions[0]!.goaway(0);
    await Promise.race([probed, watch.ended]);
    expect([probes, watch.outcome.failed]).toEqual([5, undefined]);
  });

  it('that has sent GOAWAY and then no longer responds loses its streams', async () => {
    const client = await serveBytes([head, frame(7, 0, 0, [0, 0, 0, 1, 0, 0, 0, 0])], { pingMs: 50 });
    expect(await ask(client, '/').ended).toMatchObject({ status: 200, failed: true });
  });

  it('that cannot be connected to fails the requests, and one that is late as well', async () => {
    const { client } = await serve(stayOpen, {
      connectTimeoutMs: 50,
      connect: () => dial(1),
    });
    expect(await ask(client, '/').ended).toMatchObject({ failed: true });
    const late = await serve(stayOpen, { connectTimeoutMs: 50, connect: () => new Socket() });
    expect(await ask(late.client, '/').ended).toMatchObject({ failed: true });
  });
});

describe('a client that is replaced', () => {
  it('closes when its last stream has ended, and takes no wait for it', async () => {
    const streams: ServerHttp2Stream[] = [];
    const { client, sessions } = await serve((stream) => {
      streams.push(stream);
      stream.respond({ ':status': 200 });
    });
    const first = await open(client);
    client.retire();
    streams[0]!.end('done');
    expect(await first.ended).toMatchObject({ trailers: [] });
    await once(sessions[0]!, 'close');
  });

  it('ends its streams when it is closed', async () => {
    const { client } = await serve(stayOpen);
    const first = await open(client);
    client.close();
    expect(await first.ended).toMatchObject({ failed: true });
    expect(await ask(client, '/').ended).toMatchObject({ failed: true });
  });
});
