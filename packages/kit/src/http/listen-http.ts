import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ListenAddress } from '@sallyport/contracts';
import { followConnections, type KeptConnections } from './kept-connections.ts';
import { listenFailure } from './listen-failure.ts';

/** A listening server, with its actual port. `release` comes before `close`, so that no client loses a request. */
export type Listening = { port: number; close(graceMs?: number): Promise<void> } & KeptConnections;

/**
 * Follows every connection from its first packet. `closeAllConnections` does not know those that are still in the
 * handshake of TLS, and `close` waits for them.
 */
function followSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return sockets;
}

/**
 * Listens, and resolves when the port is bound. Throws a ListenFailure that names `setting` otherwise. `close` gives
 * requests in flight `graceMs` (2 s) to finish, then ends their connections.
 */
export async function listenHttp(server: Server, address: ListenAddress, setting: string): Promise<Listening> {
  const connections = followConnections(server);
  const sockets = followSockets(server);
  server.listen(address.port, address.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenFailure(error, address, setting);
  }
  const { port } = server.address() as AddressInfo;
  const close = async (graceMs = 2000) => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.emit('release');
    server.closeIdleConnections();
    const timer = setTimeout(() => {
      server.closeAllConnections();
      for (const socket of sockets) socket.destroy();
    }, graceMs);
    await closed;
    clearTimeout(timer);
  };
  return { port, close, release: (ms) => connections.release(ms) };
}
