import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../testing/until.ts';
import { listenHttp, type Listening } from './listen-http.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp(handler: RequestListener = (_request, response) => void response.end('ok')) {
  const listening: Listening = await listenHttp(createServer(handler), { host: '127.0.0.1', port: 0 }, 'a test');
  closing.push(() => listening.close(0));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closing.push(() => agent.destroy());
  const ask = async () => {
    const request = get({ port: listening.port, host: '127.0.0.1', agent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return { kept: request.reusedSocket, connection: response.headers.connection };
  };
  return { listening, ask };
}

const isPending = async (promise: Promise<unknown>) =>
  (await Promise.race([promise.then(() => 'over'), new Promise((resolve) => setTimeout(resolve, 60, 'pending'))])) ===
  'pending';

describe('a server that is being stopped', () => {
  it('keeps an idle connection until its client has sent the next request, and closes it with the response', async () => {
    const { listening, ask } = await setUp();
    expect(await ask()).toEqual({ kept: false, connection: 'keep-alive' });
    const released = listening.release(10_000);
    expect(await isPending(released)).toBe(true);
    expect(await ask()).toEqual({ kept: true, connection: 'close' });
    await released;
  });

  it('goes on accepting connections meanwhile, for one request each', async () => {
    const { listening, ask } = await setUp();
    const idle = connect(listening.port, '127.0.0.1');
    closing.push(() => idle.destroy());
    await once(idle, 'connect');
    await ask();
    const released = listening.release(10_000);
    await ask();
    expect(await ask()).toEqual({ kept: false, connection: 'close' });
    expect(await isPending(released)).toBe(true);
    idle.destroy();
    await released;
  });

  it('closes the connection with a response that had not begun yet', async () => {
    const waiting: (() => void)[] = [];
    const { listening, ask } = await setUp((_request, response) => {
      waiting.push(() => response.end('ok'));
    });
    const asked = ask();
    await until(() => waiting.length > 0);
    // A connection with a request in flight is not waited for: the server does that when it closes.
    await listening.release(10_000);
    waiting[0]!();
    expect(await asked).toEqual({ kept: false, connection: 'close' });
  });

  it('does not wait longer than it was told, and not at all without connections', async () => {
    const { listening, ask } = await setUp();
    const began = performance.now();
    await listening.release(60_000);
    expect(performance.now() - began).toBeLessThan(30_000);
    const second = await setUp();
    await second.ask();
    await second.listening.release(100);
    expect(await ask()).toMatchObject({ connection: 'close' });
  });

  it('leaves what Node does by itself as it is, where the server has no listeners of its own', async () => {
    const { listening } = await setUp();
    const socket = connect(listening.port, '127.0.0.1');
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString()).toContain('100 Continue');
    socket.destroy();
  });
});
