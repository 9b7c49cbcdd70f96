import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { createGatewayServer, type GatewayServerDeps } from '../../listener/create-gateway-server.ts';

type AnswerOwn = GatewayServerDeps['answerOwn'];

/**
 * Sends a body to the gateway's listener with its own pages and without a road. Resolves to how long the connection
 * lived, and what it received.
 */
async function ask(
  head: string,
  answerOwn: AnswerOwn,
  settings: Partial<GatewayServerDeps> = {},
): Promise<{ ms: number; text: string }> {
  const server = createGatewayServer({
    tls: undefined,
    answerOwn,
    isOwn: () => true,
    recordUnparsable: () => {},
    ...settings,
  } as GatewayServerDeps).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  socket.on('data', (data) => {
    text += String(data);
  });
  socket.on('error', () => {});
  const begun = performance.now();
  socket.write(head);
  // A body that drips and never ends.
  const drip = setInterval(() => socket.writable && socket.write('1\r\na\r\n'), 20);
  const patience = setTimeout(() => socket.destroy(), 60_000);
  // Not `once` of node:events: it rejects when the connection is closed by a reset, which may come in the middle of a
  // write.
  await new Promise((resolve) => {
    socket.once('close', resolve);
  });
  clearTimeout(patience);
  clearInterval(drip);
  server.closeAllConnections();
  server.close();
  return { ms: performance.now() - begun, text };
}

const post = 'POST /.sallyport/token HTTP/1.1\r\nHost: gate\r\nTransfer-Encoding: chunked\r\n\r\n';
const refuse: AnswerOwn = (_request: IncomingMessage, response: ServerResponse) =>
  void response.writeHead(404).end('no');

describe("a body that never ends, for the gateway's own pages", () => {
  it('does not keep a connection open after the refusal', async () => {
    const { ms, text } = await ask(post, refuse);
    expect(text).toContain('404');
    expect(ms).toBeLessThan(30_000);
  });

  it('is read to its end if that comes soon enough, and the connection goes on', async () => {
    const server = createGatewayServer({
      tls: undefined,
      answerOwn: refuse,
      isOwn: () => true,
      recordUnparsable: () => {},
      ownBodyMs: 200,
    } as unknown as GatewayServerDeps).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    let text = '';
    socket.on('data', (data) => {
      text += String(data);
    });
    socket.write(post);
    await once(socket, 'data');
    socket.write('1\r\na\r\n0\r\n\r\n');
    await new Promise((resolve) => {
      setTimeout(resolve, 400);
    });
    socket.write('GET /.sallyport/x HTTP/1.1\r\nHost: gate\r\n\r\n');
    await once(socket, 'data');
    expect(text.match(/HTTP\/1\.1 404/g)).toHaveLength(2);
    socket.destroy();
    server.close();
  });

  it('does not keep a page waiting', async () => {
    const { ms } = await ask(post, (request) => void request.resume(), { ownBodyMs: 300 });
    expect(ms).toBeLessThan(30_000);
  });
});
