import { once } from 'node:events';
import { connect, createServer as createNetServer, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import {
  clientOf,
  fetchWith,
  listen,
  okay,
  serve,
  serveRaw,
  toClose,
  type Outcome,
} from '../testing/http1-fixtures.ts';
import { createHttp1Client } from './http1-client.ts';
import type { Http1Flow } from './http1-handler.ts';

describe('a request', () => {
  it('arrives with its header lines and its body, and gets its response', async () => {
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

  it('reuses the connection of an earlier one; concurrent requests have a connection each', async () => {
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
    ['an invalid name', ['a b', 'c']],
  ])('with %s is not sent', async (_name, headers) => {
    const { client, connections } = await serve((_request, response) => response.end());
    expect((await fetchWith(client, { headers })).error).toMatchObject({ code: 'INVALID_REQUEST' });
    expect((await fetchWith(client, { path: '/a b' })).error).toMatchObject({ code: 'INVALID_REQUEST' });
    expect((await fetchWith(client, { path: 'http://else/' })).error).toMatchObject({ code: 'INVALID_REQUEST' });
    expect(connections()).toBe(0);
  });
});

describe('a connection is not reused', () => {
  it.each([
    ['when the response says so', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['when bytes follow the response', `${okay}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`],
  ])('opens a new connection %s', async (_name, text) => {
    const { client, connections } = await serveRaw((socket) => socket.write(text));
    expect((await fetchWith(client)).body).toBe('ok');
    expect((await fetchWith(client)).body).toBe('ok');
    expect(connections()).toBe(2);
  });

  it('when unrequested bytes arrive', async () => {
    let first: Socket | undefined;
    const { client, connections } = await serveRaw((socket) => {
      first ??= socket;
      socket.write(okay);
    });
    expect((await fetchWith(client)).body).toBe('ok');
    const closed = once(first!, 'close');
    first!.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil');
    await closed;
    expect((await fetchWith(client)).body).toBe('ok');
    expect(connections()).toBe(2);
  });

  it('when what carries it is about to go: an idle one is closed, and a busy one after its exchange', async () => {
    const port = await listen(
      createNetServer((socket) => void socket.on('error', () => {}).on('data', () => socket.write(okay))),
    );
    const sockets: Socket[] = [];
    const client = createHttp1Client({
      host: 'cluster.example',
      readyEvent: 'connect',
      connectTimeoutMs: 10_000,
      connect(onread) {
        const socket = connect({ host: '127.0.0.1', port, onread });
        sockets.push(socket);
        return socket;
      },
    });
    toClose.push(() => client.close());
    const busy = fetchWith(client);
    sockets[0]!.emit('draining');
    expect((await busy).body).toBe('ok');
    expect(sockets[0]!.destroyed).toBe(true);
    await fetchWith(client);
    expect(sockets[1]!.destroyed).toBe(false);
    sockets[1]!.emit('draining');
    expect(sockets[1]!.destroyed).toBe(true);
    await fetchWith(client);
    expect(sockets).toHaveLength(3);
  });

  it('when the server has ended it, even for a write', async () => {
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
    toClose.push(() => client.close());
    const second = new Promise<Outcome>((resolve) => {
      behindEnd = () => void fetchWith(client, { method: 'POST', body: 'x' }).then(resolve);
    });
    await fetchWith(client);
    expect(await second).toMatchObject({ body: 'ok', error: undefined });
    expect(connections).toBe(2);
  });

  it('when it was idle for longer than the server announced', async () => {
    const { client, connections } = await serveRaw((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok'),
    );
    await fetchWith(client);
    await fetchWith(client);
    expect(connections()).toBe(2);
  });
});

describe('a retired client', () => {
  it('closes idle connections, finishes other exchanges and later ones, and keeps no connection', async () => {
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

describe('a failure', () => {
  it('before the first byte of a response, on a reused connection, is marked: the request may be sent again', async () => {
    const { client } = await serveRaw((socket, seen) => (seen === 1 ? socket.write(okay) : socket.destroy()));
    expect((await fetchWith(client)).body).toBe('ok');
    expect(await fetchWith(client)).toMatchObject({ unanswered: true, error: expect.any(Error) });
    expect(await fetchWith(client)).toMatchObject({ unanswered: false, error: expect.any(Error) });
  });

  it('on one of several kept connections does not meet the others if the request is to have a new one', async () => {
    const served = new WeakSet();
    const { client, connections } = await serveRaw((socket) => {
      if (served.has(socket)) return void socket.destroy();
      served.add(socket);
      socket.write(okay);
    });
    await Promise.all([fetchWith(client), fetchWith(client)]);
    expect(await fetchWith(client)).toMatchObject({ unanswered: true });
    expect((await fetchWith(client, { fresh: true })).body).toBe('ok');
    expect(connections()).toBe(3);
  });

  it('within the response is an error, not an end', async () => {
    const { client } = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'));
    expect(await fetchWith(client)).toMatchObject({
      status: 200,
      body: 'half',
      unanswered: false,
      error: { code: 'CLOSED' },
    });
  });

  it('in the bytes of a response is an error that does not quote them', async () => {
    const { client } = await serveRaw((socket) => socket.write('HTTP/1.1 200 OK\r\nSecret Header\r\n\r\n'));
    const { error } = await fetchWith(client);
    expect(error).toMatchObject({ code: 'MALFORMED' });
    expect(error!.message).not.toContain('Secret');
  });

  it('to connect is the error of the system', async () => {
    const { client } = clientOf(1);
    expect((await fetchWith(client)).error).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('by lateness is reported in time', async () => {
    const { client } = await serveRaw(() => {});
    const startedAt = performance.now();
    expect((await fetchWith(client, { headersTimeoutMs: 100 })).error).toMatchObject({ code: 'HEADERS_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(15_000);
  });

  it('of all exchanges follows when the client is closed', async () => {
    const { client } = await serveRaw(() => {});
    const waiting = fetchWith(client);
    await sleep(30);
    client.close();
    expect((await waiting).error).toMatchObject({ code: 'CLOSED' });
    expect((await fetchWith(client)).error).toMatchObject({ code: 'CLIENT_CLOSED' });
  });
});

describe('flow', () => {
  it('closes the connection within milliseconds of an abort, and the handler is not called again', async () => {
    let closed = 0;
    const { client } = await serveRaw(
      (socket) =>
        void socket.on('close', () => {
          closed += 1;
        }),
    );
    let flow: Http1Flow | undefined;
    let called = false;
    void fetchWith(client, {}, (given) => {
      flow = given;
    }).then(() => {
      called = true;
    });
    await sleep(50);
    flow!.abort();
    await sleep(50);
    expect([closed, called]).toEqual([1, false]);
  });

  it('holds the server back while paused, and loses nothing', async () => {
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

describe('a request that waits for a connection', () => {
  it('ends the attempt to connect when it is aborted, and its handler is not called again', async () => {
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
    toClose.push(() => client.close());
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
