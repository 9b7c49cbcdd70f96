import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHttp1Client, type Http1Client } from '@sallyport/http1';
import { createServiceClient, openStream } from './service-client.ts';
import { createServiceIdentity } from './service-credential.ts';

describe('a streamed response', () => {
  const server = createServer((_request, response) => answer(response));
  let answer: (response: ServerResponse) => void;
  let client: Http1Client;
  beforeEach(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    client = createHttp1Client({
      host: `127.0.0.1:${port}`,
      readyEvent: 'connect',
      connectTimeoutMs: 1000,
      connect: (onread) => connect({ host: '127.0.0.1', port, onread }),
    });
  });
  afterEach(() => {
    client.close();
    server.close();
    server.closeAllConnections();
  });
  const open = (signal = new AbortController().signal) =>
    openStream(client, { method: 'GET', path: '/', headers: [] }, signal);

  it('is read piece by piece, and leaves the connection for the next request', async () => {
    let connections = 0;
    const count = () => void (connections += 1);
    server.on('connection', count);
    answer = (response) => {
      response.write('one');
      setTimeout(() => response.end('two'), 20);
    };
    for (const _round of [1, 2]) {
      const { status, body } = await open();
      expect([status, (await body.toArray()).map(String)]).toEqual([200, ['one', 'two']]);
    }
    server.off('connection', count);
    expect(connections).toBe(1);
  });

  it('holds the server back while it is not read', async () => {
    const piece = Buffer.alloc(1024 * 1024);
    let written = 0;
    answer = (response) => {
      const write = () => {
        while (written < 64 && response.write(piece)) written += 1;
        if (written >= 64) response.end();
        else response.once('drain', () => ((written += 1), write()));
      };
      write();
    };
    const { body } = await open();
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    expect(written).toBeLessThan(32);
    let bytes = 0;
    for await (const chunk of body) bytes += (chunk as Buffer).length;
    expect(bytes).toBe(64 * piece.length);
  });

  it('fails if the server ends it early', async () => {
    answer = (response) => response.write('one', () => response.destroy());
    const { body } = await open();
    await expect(body.toArray()).rejects.toThrow('the connection was closed before the response was complete');
  });

  it('ends when it is aborted, before the head and after it', async () => {
    const closed: Promise<unknown>[] = [];
    answer = (response) => void closed.push(once(response, 'close'));
    const early = new AbortController();
    const waiting = open(early.signal);
    await once(server, 'request');
    early.abort(new Error('too late'));
    await expect(waiting).rejects.toThrow('too late');
    await expect(open(early.signal)).rejects.toThrow('too late');
    answer = (response) => {
      response.write('one');
      closed.push(once(response, 'close'));
    };
    const late = new AbortController();
    const { body } = await open(late.signal);
    late.abort(new Error('stopped'));
    await expect(body.toArray()).rejects.toThrow('stopped');
    await Promise.all(closed);
    expect(closed).toHaveLength(2);
  });
});

describe('an upgraded connection', () => {
  const protocol = 'test/1';
  const closers: (() => unknown)[] = [];
  let asked: IncomingMessage[] = [];
  afterEach(() => {
    for (const close of closers.splice(0)) close();
    asked = [];
  });
  /** Starts a service that answers an upgrade with this text, or with HTTP as always. */
  const start = async (answer?: string) => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const sockets: Duplex[] = [];
    const server = createServer((request, response) => {
      asked.push(request);
      response.writeHead(404).end();
    });
    if (answer !== undefined)
      server.on('upgrade', (request, socket) => {
        asked.push(request);
        sockets.push(socket);
        socket.on('error', () => undefined);
        socket.write(answer.replaceAll('\n', '\r\n'));
      });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    const identity = createServiceIdentity({ name: 'proxy', privateKey, now: Date.now });
    const client = createServiceClient({ url: `http://127.0.0.1:${port}`, audience: 'authorize', identity });
    closers.push(
      () => client.close(),
      () => server.close(),
      () => sockets.forEach((socket) => socket.destroy()),
    );
    return { client, open: (timeoutMs = 1000) => client.upgrade({ path: '/x', protocol, timeoutMs }), server };
  };
  const head = (name: string) => `HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: ${name}\n\n`;

  it('has the credential of the service, and what arrives with the answer', async () => {
    const { open } = await start(`${head(protocol)}early`);
    const socket = (await open())!;
    expect(String((await once(socket, 'data'))[0])).toBe('early');
    expect(asked[0]!.headers).toMatchObject({
      upgrade: protocol,
      connection: 'Upgrade',
      authorization: expect.stringMatching(/^Sallyport-Service /),
    });
  });

  it('ends with its client, also if it is opened at that moment', async () => {
    const { client, open } = await start(head(protocol));
    const [first, second] = [(await open())!, open()];
    await client.close();
    await once(first, 'close');
    const late = await second;
    if (!late?.destroyed) await once(late!, 'close');
  });

  it('is undefined if the service does not know the protocol, or switches to another one', async () => {
    expect(await (await start()).open()).toBeUndefined();
    expect(await (await start(head('other/1'))).open()).toBeUndefined();
    expect(await (await start('HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n')).open()).toBeUndefined();
  });

  it.each([
    ['answers nothing in time', ''],
    ['answers what is not HTTP', 'no HTTP\n\n'],
  ])('is refused if the service %s', async (_what, answer) => {
    const { open } = await start(answer);
    await expect(open(200)).rejects.toMatchObject({ code: 'service-unavailable' });
  });

  it('is refused if nothing listens', async () => {
    const { open, server } = await start('');
    await new Promise((resolve) => server.close(resolve));
    await expect(open()).rejects.toMatchObject({ code: 'service-unavailable' });
  });
});

describe('a call of a service', () => {
  it('fails with 503 if the other service does not accept the credential, because a login would not help', async () => {
    const server = createServer((_request, response) => {
      response.writeHead(401, { 'www-authenticate': 'Sallyport-Service', 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ code: 'unauthenticated', status: 401, title: 'Log in first', detail: 'clocks' }));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { privateKey } = generateKeyPairSync('ed25519');
    const client = createServiceClient({
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      audience: 'authorize',
      identity: createServiceIdentity({ name: 'proxy', privateKey, now: Date.now }),
    });
    await expect(client.request({ method: 'GET', path: '/' })).rejects.toMatchObject({
      code: 'service-unavailable',
      detail: 'The service authorize does not accept the credential of proxy. Check the keys and clocks of both.',
    });
    await client.close();
    server.close();
  });
});
