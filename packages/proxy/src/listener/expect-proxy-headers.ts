import type { Server } from 'node:http';
import { Server as HttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import { readProxyHeader, type ProxyHeader } from './read-proxy-header.ts';

type ProxyHeaderDeps = {
  /** Whether a peer is a load balancer whose word counts. */
  isTrusted(address: string): boolean;
  /** Told of a connection that is closed because its header is missing or cannot be read. */
  refused(socket: Socket, reason: string): void;
  /** How long a header may take, in milliseconds. */
  headerMs?: number;
};

const defaultHeaderMs = 5000;

/** Reads the header, and leaves what follows it in the socket. `nothing` came if it was only a look at the port. */
function takeHeader(socket: Socket, headerMs: number): Promise<ProxyHeader | 'unreadable' | 'nothing'> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0);
    const end = (header: ProxyHeader | undefined) => {
      clearTimeout(timer);
      socket.off('readable', read).off('end', fail).off('close', fail);
      resolve(header ?? (bytes.length === 0 ? 'nothing' : 'unreadable'));
    };
    const fail = () => end(undefined);
    const timer = setTimeout(fail, headerMs);
    const read = () => {
      const chunk = socket.read() as Buffer | null;
      if (!chunk) return;
      bytes = Buffer.concat([bytes, chunk]);
      const header = readProxyHeader(bytes);
      if (header === 'incomplete') return;
      if (header && bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
      end(header);
    };
    socket.on('readable', read).on('end', fail).on('close', fail);
    read();
  });
}

/**
 * Makes a server read the address of the client from the PROXY protocol. Connections of trusted load balancers must begin
 * with a header. Others must not: what they send is HTTP or TLS. Sockets then have the client's address as their
 * `remoteAddress`, so that nothing can take the load balancer for the client. To be called before anything else listens
 * to the server's connections.
 */
export function expectProxyHeaders(server: Server, deps: ProxyHeaderDeps): void {
  const isSecure = server instanceof HttpsServer;
  // A TLS socket does not know the socket beneath it. Both have the same addresses and ports.
  const announced = new Map<string, { address: string | undefined }>();
  const keyOf = ({ remoteAddress, remotePort, localAddress, localPort }: Socket) =>
    `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
  const rename = (socket: Socket, address: string | undefined) => {
    if (address !== undefined) Object.defineProperty(socket, 'remoteAddress', { value: address, configurable: true });
  };
  const announce = (socket: Socket, address: string | undefined) => {
    const key = keyOf(socket);
    const entry = { address };
    announced.set(key, entry);
    // The load balancer may have used its port again already.
    socket.once('close', () => announced.get(key) === entry && announced.delete(key));
  };
  const takers = server.listeners('connection') as ((this: Server, socket: Socket) => void)[];
  server.removeAllListeners('connection');
  const handOver = (socket: Socket) => {
    for (const take of takers) take.call(server, socket);
  };
  const accept = async (socket: Socket) => {
    const ignore = () => {};
    socket.on('error', ignore);
    const header = await takeHeader(socket, deps.headerMs ?? defaultHeaderMs);
    if (typeof header === 'string') {
      if (header === 'unreadable') deps.refused(socket, 'NO_PROXY_HEADER');
      return void socket.destroy();
    }
    if (socket.destroyed) return;
    const { address } = header;
    if (isSecure) announce(socket, address);
    else rename(socket, address);
    handOver(socket);
    socket.off('error', ignore);
  };
  server.on('connection', (socket: Socket) => {
    if (deps.isTrusted(socket.remoteAddress ?? '')) void accept(socket);
    else handOver(socket);
  });
  if (!isSecure) return;
  const renameSecure = (socket: Socket) => {
    if (!deps.isTrusted(socket.remoteAddress ?? '')) return;
    const entry = announced.get(keyOf(socket));
    // Without one, the client would be taken for the load balancer.
    if (entry) rename(socket, entry.address);
    else socket.destroy();
  };
  server.prependListener('secureConnection', renameSecure);
  server.prependListener('tlsClientError', (_error: Error, socket: Socket) => renameSecure(socket));
}
