import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

/**
 * Hands the connections that chose one of these protocols to what serves it, so that they never reach HTTP/1.1. To be
 * called before anything else listens to the server's connections. Returns what serves a connection with HTTP/1.1.
 */
export function splitProtocols(
  server: Server,
  servers: Readonly<Record<string, (socket: TLSSocket) => void>>,
): (socket: Duplex) => void {
  const takers = server.listeners('secureConnection') as ((socket: Duplex) => void)[];
  server.removeAllListeners('secureConnection');
  const serveHttp1 = (socket: Duplex) => takers.forEach((take) => take.call(server, socket));
  server.on('secureConnection', (socket: TLSSocket) => {
    const { alpnProtocol } = socket;
    const serve = typeof alpnProtocol === 'string' && Object.hasOwn(servers, alpnProtocol) && servers[alpnProtocol];
    (serve || serveHttp1)(socket);
  });
  return serveHttp1;
}
