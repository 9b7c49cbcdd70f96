import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { connect, createServer as createNetServer, Socket, type AddressInfo, type Server } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createHttp1Client, type Http1Client, type Http1Request } from './http1-client.ts';
import type { Http1Flow } from './http1-connection.ts';

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

function clientOf(port: number, settings: { idleMs?: number; connectTimeoutMs?: number } = {}) {
  let connections = 0;
  const client = createHttp1Client({
    host: 'cluster.example',
    readyEvent: 'connect',
    connectTimeoutMs: 1000,
    ...settings,
    connect(onread) {
      connections += 1;
      return connect({ host: '127.0.0.1', port, onread });
    },
  });
  open.push(() => client.close());
  return { client, connections: () => connections };
}

const serve = async (listener: RequestListener) => clientOf(await listen(createHttpServer(listener)));
/** A server that answers by hand. */
const speak = async (answer: (socket: Socket, seen: number, text: string) => void) => {
  let seen = 0;
  return clientOf(
    await listen(
      createNetServer((socket) => {
        socket.on('error', () => {});
        socket.on('data', (chunk: Buffer) => answer(socket, (seen += 1), chunk.toString('latin1')));
      }),
    ),
  );
};

type Outcome = {
  status: number;
  lines: string[];
  body: string;
  trailers: readonly string[];
  error: Error | undefined;
  unanswered: boolean;
};

function fetchWith(
  client: Http1Client,
  request: Partial<Http1Request> = {},
  onStart: (flow: Http1Flow) => void = () => {},
): Promise<Outcome> {
  return new Promise((resolve) => {
    const got: Outcome = { status: 0, lines: [], body: '', trailers: [], error: undefined, unanswered: false };
    client.dispatch(
      { method: 'GET', path: '/', headers: [], ...request },
      {
        onStart,
        onHead: (status, lines) => void Object.assign(got, { status, lines }),
        onData(chunk) {
          got.body += chunk.toString('latin1');
        },
        onEnd: (trailers) => resolve({ ...got, trailers }),
        onError: (error, unanswered) => resolve({ ...got, error, unanswered }),
      },
    );
  });
}

const okay = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('a request', () => {
  it('arrives with its lines and its body, and its answer comes back', async () => {
    const { client } = await serve((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () =>
        response.end(JSON.stringify({ method: request.method, url: request.url, raw: request.rawHeaders, body })),
      );
    });
    const { status, body } = await fetchWith(client, {
      method: 'POST',
      path: '/a?b=c',
      headers: ['Impersonate-Group', 'a', 'Impersonate-Group', 'b,c'],
      body: '{"ü":1}',
    });
    expect(status).toBe(200);
    expect(JSON.parse(Buffer.from(body, 'latin1').toString())).toEqual({
      method: 'POST',
      url: '/a?b=c',
      body: '{"ü":1}',
      raw: [
        'host',
        'cluster.example',
        'connection',
        'keep-alive',
        'Impersonate-Group',
        'a',
        'Impersonate-Group',
        'b,c',
        'content-length',
        '8',
      ],
    });
  });

  it('goes over the connection of the one before; as many connections are made as requests are open at once', async () => {
    const held: (() => void)[] = [];
    const { client, connections } = await serve((request, response) => {
      if (request.url === '/hold') held.push(() => response.end());
      else response.end('ok');
    });
    for (let turn = 0; turn < 3; turn += 1) expect((await fetchWith(client)).body).toBe('ok');
    expect(connections()).toBe(1);
    const waiting = [fetchWith(client, { path: '/hold' }), fetchWith(client, { path: '/hold' })];
    await sleep(50);
    expect((await fetchWith(client)).body).toBe('ok');
    expect(connections()).toBe(3);
    for (const answer of held) answer();
    await Promise.all(waiting);
  });

  it.each([
    ['a line break in a value', ['a', 'b\r\nc: d']],
    ['a character of more than a byte', ['a', 'ł']],
    ['a name that is none', ['a b', 'c']],
  ])('with %s is not sent', async (_name, headers) => {
    const { client, connections } = await serve((_request, response) => response.end());
    expect((await fetchWith(client, { headers })).error).toMatchObject({ code: 'INVALID_REQUEST' });
    expect((await fetchWith(client, { path: '/a b' })).error).toMatchObject({ code: 'INVALID_REQUEST' });
    expect((await fetchWith(client, { path: 'http://else/' })).error).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(connections()).toBe(0);
  });
});

describe('a connection that is not to be trusted any more is not used again', () => {
  it.each([
    ['when the answer says so', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['when more came than the answer', `${okay}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`],
  ])('%s', async (_name, text) => {
    const { client, connections } = await speak((socket) => socket.write(text));
    expect((await fetchWith(client)).body).toBe('ok');
    expect((await fetchWith(client)).body).toBe('ok');
    expect(connections()).toBe(2);
  });

  it('when bytes come that nobody asked for', async () => {
    const { client, connections } = await speak((socket, seen) => {
      socket.write(okay);
      if (seen === 1) setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'), 30);
    });
    expect((await fetchWith(client)).body).toBe('ok');
    await sleep(80);
    expect((await fetchWith(client)).body).toBe('ok');
    expect(connections()).toBe(2);
  });

  it('when the other side has ended it and its own end is under way, for a write either', async () => {
    const port = await listen(
      createNetServer((socket) => void socket.on('error', () => {}).on('data', () => socket.end(okay))),
    );
    let [connections, behindEnd] = [0, () => {}];
    const client = createHttp1Client({
      host: 'cluster.example',
      readyEvent: 'connect',
      connectTimeoutMs: 1000,
      connect(onread) {
        connections += 1;
        return connect({ host: '127.0.0.1', port, onread }).on('end', () => process.nextTick(() => behindEnd()));
      },
    });
    open.push(() => client.close());
    const second = new Promise<Outcome>((resolve) => {
      behindEnd = () => void fetchWith(client, { method: 'POST', body: 'x' }).then(resolve);
    });
    await fetchWith(client);
    expect(await second).toMatchObject({ body: 'ok', error: undefined });
    expect(connections).toBe(2);
  });

  it('when it has been idle for longer than the other side said', async () => {
    const { client, connections } = await speak((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'),
    );
    await fetchWith(client);
    await fetchWith(client);
    expect(connections()).toBe(2);
  });
});

describe('a client that retires', () => {
  it('ends what is idle, lets finish what is under way and what still comes, and keeps nothing', async () => {
    const held: (() => void)[] = [];
    const ended: string[] = [];
    const { client, connections } = await serve((request, response) => {
      request.socket.once('close', () => ended.push(request.url!));
      if (request.url === '/hold') held.push(() => response.end('late'));
      else response.end('ok');
    });
    const waiting = fetchWith(client, { path: '/hold' });
    await fetchWith(client, { path: '/idle' });
    await sleep(50);
    client.retire();
    await sleep(50);
    expect(ended).toEqual(['/idle']);
    expect((await fetchWith(client, { path: '/after' })).body).toBe('ok');
    for (const answer of held) answer();
    expect((await waiting).body).toBe('late');
    await sleep(50);
    expect(ended.toSorted()).toEqual(['/after', '/hold', '/idle']);
    expect(connections()).toBe(3);
  });
});

describe('what goes wrong', () => {
  it('before a byte of an answer, on a connection used before, is told apart: the request may go again', async () => {
    const { client } = await speak((socket, seen) => (seen === 1 ? socket.write(okay) : socket.destroy()));
    expect((await fetchWith(client)).body).toBe('ok');
    expect(await fetchWith(client)).toMatchObject({ unanswered: true, error: expect.any(Error) });
    expect(await fetchWith(client)).toMatchObject({ unanswered: false, error: expect.any(Error) });
  });

  it('within the answer is an error, and no end', async () => {
    const { client } = await speak((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    expect(await fetchWith(client)).toMatchObject({
      status: 200,
      body: 'half',
      unanswered: false,
      error: { code: 'CLOSED' },
    });
  });

  it('in what is said is an error without a word of it', async () => {
    const { client } = await speak((socket) => socket.write('HTTP/1.1 200 OK\r\nSecret Header\r\n\r\n'));
    const { error } = await fetchWith(client);
    expect(error).toMatchObject({ code: 'MALFORMED' });
    expect(error!.message).not.toContain('Secret');
  });

  it("at the door is the system's own error", async () => {
    const { client } = clientOf(1);
    expect((await fetchWith(client)).error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('by being late is an error in time', async () => {
    const { client } = await speak(() => {});
    const startedAt = performance.now();
    expect((await fetchWith(client, { headersTimeoutMs: 100 })).error).toMatchObject({ code: 'HEADERS_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('by closing the client ends what is under way', async () => {
    const { client } = await speak(() => {});
    const waiting = fetchWith(client);
    await sleep(30);
    client.close();
    expect((await waiting).error).toMatchObject({ code: 'CLOSED' });
    expect((await fetchWith(client)).error).toMatchObject({ code: 'CLIENT_CLOSED' });
  });
});

describe('flow', () => {
  it('aborted closes the connection within milliseconds, and tells nothing more', async () => {
    let closed = 0;
    const { client } = await speak(
      (socket) =>
        void socket.on('close', () => {
          closed += 1;
        }),
    );
    let flow: Http1Flow | undefined;
    let told = false;
    void fetchWith(client, {}, (given) => {
      flow = given;
    }).then(() => {
      told = true;
    });
    await sleep(50);
    flow!.abort();
    await sleep(50);
    expect([closed, told]).toEqual([1, false]);
  });

  it('paused holds the sender back, and resumed loses nothing', async () => {
    const size = 20_000_000;
    let sent = 0;
    const { client } = await serve((_request, response) => {
      response.writeHead(200, { 'content-length': size });
      const chunk = Buffer.alloc(65_536, 'x');
      const write = () => {
        while (sent < size) {
          const part = chunk.subarray(0, Math.min(chunk.length, size - sent));
          sent += part.length;
          if (!response.write(part)) return void response.once('drain', write);
        }
        response.end();
      };
      write();
    });
    let received = 0;
    await new Promise<void>((resolve, reject) => {
      let flow: Http1Flow;
      let paused = false;
      client.dispatch(
        { method: 'GET', path: '/', headers: [] },
        {
          onStart(given) {
            flow = given;
          },
          onHead() {},
          onData(chunk) {
            received += chunk.length;
            if (paused || received < 100_000) return;
            paused = true;
            flow.pause();
            setTimeout(() => {
              if (received > 2_000_000) reject(new Error(`${received} bytes came while paused`));
              flow.resume();
            }, 300);
          },
          onEnd: () => resolve(),
          onError: reject,
        },
      );
    });
    expect(received).toBe(size);
  });
});

describe('a body that is still coming', () => {
  const slowly = async function* slowly(parts: string[], ms = 5) {
    for (const part of parts) {
      await sleep(ms);
      yield Buffer.from(part);
    }
  };
  const streamed = (parts: string[], bodyLength?: number): Partial<Http1Request> => ({
    method: 'POST',
    body: Readable.from(slowly(parts), { objectMode: false }),
    bodyLength,
  });
  const endless = () => {
    let count = 0;
    const body = new Readable({
      read() {
        setImmediate(() => this.push(Buffer.alloc(65_536)));
        count += 1;
      },
    });
    return { body, read: () => count };
  };
  const echo: RequestListener = (request, response) => {
    const chunks: Buffer[] = [];
    request
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () =>
        response.end(
          `${request.headers['content-length'] ?? request.headers['transfer-encoding']}:${Buffer.concat(chunks).toString()}`,
        ),
      );
  };

  it.each([
    ['in chunks', undefined, 'chunked'],
    ['with its length', 6, '6'],
  ] as const)('is sent %s, and the connection serves the next', async (_how, length, framing) => {
    const { client, connections } = await serve(echo);
    for (let times = 0; times < 3; times += 1)
      expect(await fetchWith(client, streamed(['on', '', 'e', 'two'], length))).toMatchObject({
        status: 200,
        body: `${framing}:onetwo`,
      });
    expect((await fetchWith(client, { method: 'POST', body: 'x' })).body).toBe('1:x');
    expect(connections()).toBe(1);
  });

  it('passes on how fast the other side reads', async () => {
    const { client } = await serve((request) => void request.pause());
    const { body, read } = endless();
    let flow: Http1Flow | undefined;
    void fetchWith(client, { method: 'POST', body }, (one) => {
      flow = one;
    });
    await sleep(200);
    const before = read();
    await sleep(200);
    expect(read()).toBe(before);
    flow!.abort();
    body.destroy();
  });

  it('that breaks off, is longer or shorter than promised or fails is never whole, and tells why', async () => {
    const whole: string[] = [];
    const { client } = await serve((request, response) =>
      request
        .on('error', () => {})
        .on('end', () => {
          whole.push(request.url!);
          response.end();
        })
        .resume(),
    );
    expect((await fetchWith(client, streamed(['abc'], 4))).error?.message).toMatch(/before it was whole/);
    expect((await fetchWith(client, streamed(['abc', 'de'], 4))).error?.message).toMatch(/longer than was promised/);
    const failing = new PassThrough();
    failing.write('abc');
    setTimeout(() => failing.destroy(new Error('no right any more')), 20);
    expect((await fetchWith(client, { method: 'POST', body: failing })).error?.message).toBe('no right any more');
    const gone = new PassThrough();
    gone.on('error', () => {});
    gone.destroy(new Error('gone before'));
    expect((await fetchWith(client, { method: 'POST', body: gone })).error?.message).toBe('gone before');
    const closed = new PassThrough();
    setTimeout(() => closed.destroy(), 20);
    expect((await fetchWith(client, { method: 'POST', body: closed })).error?.message).toMatch(/before it was whole/);
    await sleep(20);
    expect(whole).toEqual([]);
  });

  it('that was answered early is not sent on, and nothing follows it on its connection', async () => {
    const seen: string[] = [];
    const { client, connections } = await speak((socket, number, text) => {
      seen.push(text);
      if (number === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly');
      else if (text.startsWith('GET')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine');
    });
    const body = new PassThrough();
    body.write('begin');
    expect(await fetchWith(client, { method: 'POST', body, bodyLength: 60 })).toMatchObject({ body: 'early' });
    body.write('GET /evil HTTP/1.1\r\n\r\n');
    expect((await fetchWith(client)).body).toBe('mine');
    expect(connections()).toBe(2);
    expect(seen.join('')).not.toContain('evil');
    expect(body.readableFlowing).toBe(true);
  });

  it('bears interim answers that nobody asked for, a few of them', async () => {
    const answering = (count: number) =>
      speak((socket, number) => {
        if (number === 1) socket.write(`${'HTTP/1.1 100 Continue\r\n\r\n'.repeat(count)}`);
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood');
      });
    expect(await fetchWith((await answering(3)).client, streamed(['a', 'b'], 2))).toMatchObject({
      status: 200,
      body: 'good',
    });
    expect((await fetchWith((await answering(17)).client, streamed(['a', 'b'], 2))).error).toMatchObject({
      code: 'MALFORMED',
    });
  });

  it('may come slowly; the time for an answer begins with its end, or while nothing is read', async () => {
    const { client } = await serve(
      (request, response) => void request.resume().on('end', () => setTimeout(() => response.end('late'), 20)),
    );
    expect(
      await fetchWith(client, {
        method: 'POST',
        body: Readable.from(slowly(Array.from('abcdefgh'), 20), { objectMode: false }),
        headersTimeoutMs: 50,
      }),
    ).toMatchObject({ body: 'late' });
    const never = (await serve((request) => void request.resume())).client;
    expect((await fetchWith(never, { ...streamed(['a']), headersTimeoutMs: 50 })).error).toMatchObject({
      code: 'HEADERS_TIMEOUT',
    });
    const unread = (await serve((request) => void request.pause())).client;
    const { body } = endless();
    expect((await fetchWith(unread, { method: 'POST', body, headersTimeoutMs: 100 })).error).toMatchObject({
      code: 'HEADERS_TIMEOUT',
    });
    body.destroy();
  });
});

describe('a request that waits for its connection', () => {
  it('takes the attempt with it when it is given up, and is told nothing more', async () => {
    const sockets: Socket[] = [];
    const client = createHttp1Client({
      host: 'away.example',
      readyEvent: 'connect',
      connectTimeoutMs: 60_000,
      connect() {
        const socket = new Socket(); // never connects
        sockets.push(socket);
        return socket;
      },
    });
    open.push(() => client.close());
    const told: string[] = [];
    const flows: Http1Flow[] = [];
    const tell = (what: string) => () => void told.push(what);
    for (let count = 0; count < 3; count += 1)
      client.dispatch(
        { method: 'GET', path: '/', headers: [] },
        {
          onStart: (flow) => void flows.push(flow),
          onHead: tell('head'),
          onData: tell('data'),
          onEnd: tell('end'),
          onError: tell('error'),
        },
      );
    for (const flow of flows) flow.abort();
    await sleep(5);
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true, true]);
    expect(told).toEqual([]);
  });
});
