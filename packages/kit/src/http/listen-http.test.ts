import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { listenHttp } from './listen-http.ts';

it.each([
  ['in the handshake of TLS', () => createHttpsServer()],
  ['before its first request', () => createHttpServer()],
])('stops within its grace period although a silent connection is %s', async (_what, create) => {
  const listening = await listenHttp(create(), { host: '127.0.0.1', port: 0 }, 'listen');
  const socket = connect({ host: '127.0.0.1', port: listening.port });
  socket.on('error', () => {});
  await once(socket, 'connect');
  await pause(50);
  const closed = listening.close(200);
  try {
    expect(await Promise.race([closed.then(() => 'closed'), pause(2000, 'open')])).toBe('closed');
  } finally {
    socket.destroy();
  }
});
