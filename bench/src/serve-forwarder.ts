import { once } from 'node:events';
import { createServer as createPlainServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import process from 'node:process';

/** What a forwarder is told when it starts: its certificate, unless it speaks plain HTTP, and its upstream. */
export type ForwarderRequest = { cert?: string; key?: string; ca: string; upstream: string };

/** Serves the requests of the bench on a free port, and tells the parent process which. */
export async function serveForwarder(
  { cert, key }: Pick<ForwarderRequest, 'cert' | 'key'>,
  forward: RequestListener,
): Promise<void> {
  const server =
    cert === undefined || key === undefined
      ? createPlainServer(forward)
      : createTlsServer({ cert, key, ALPNProtocols: ['http/1.1'] }, forward);
  server.requestTimeout = 0;
  server.listen(0, '127.0.0.1', 4096);
  await once(server, 'listening');
  process.send?.({ port: (server.address() as AddressInfo).port });
}
