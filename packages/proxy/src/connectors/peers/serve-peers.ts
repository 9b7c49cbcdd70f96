import { performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';
import type { ListenAddress } from '@sallyport/contracts';
import { CarriedStream, CarrierError, pinnedTls, readTarget } from '@sallyport/carrier';
import type { Carrier, SentToken } from '@sallyport/carrier/gateway';
import { endIfLost } from '@sallyport/http2';
import { listenFailure } from '@sallyport/kit';
import {
  askToLeave,
  connectorHeader,
  isPeer,
  peerLimits,
  peerProtocol,
  reasonHeader,
  sessionWindow,
  type PeerKeys,
} from './peer-protocol.ts';

type ServePeersDeps = {
  listen: ListenAddress;
  keys: PeerKeys;
  /** Finds a carrier of this replica. What another replica hands over is never handed on. */
  find(connector: string): Carrier | undefined;
  /** Returns the token of a connector for a server, from the carriers of this replica. */
  tokenOf(connector: string, server: string): SentToken | undefined;
  /** Asks a connector for another token. */
  renew(connector: string): void;
  now(): number;
};

/** Connects a dial that another replica hands over with a carrier of this one. */
function takeDial(
  stream: ServerHttp2Stream,
  { connector, authority }: { connector: string; authority: string },
  { find }: Pick<ServePeersDeps, 'find'>,
): void {
  const target = readTarget(authority);
  if (!target) return stream.respond({ ':status': 400 }, { endStream: true });
  const dial = find(connector)?.dial(target);
  if (!dial) return stream.respond({ ':status': 503 }, { endStream: true });
  const giveUp = () => void dial.destroy();
  stream.once('close', giveUp);
  dial.on('error', ({ message }: Error) => {
    if (!stream.headersSent && !stream.destroyed)
      stream.respond({ ':status': 502, [reasonHeader]: message.replaceAll(/[^\x20-\x7e]/g, '?') }, { endStream: true });
  });
  dial.once('connect', () => {
    stream.respond({ ':status': 200 });
    stream.off('close', giveUp);
    const near = new CarriedStream();
    near.attach(stream, (cause) => new CarrierError('reset', 'the other replica gave the stream up', { cause }));
    pipeline(near, dial, near, () => {});
  });
  dial.once('draining', () => {
    if (stream.session) askToLeave(stream.session);
  });
}

/** Answers one call of another replica. */
function serve(stream: ServerHttp2Stream, headers: Record<string, unknown>, deps: ServePeersDeps): void {
  const [connector, authority] = [String(headers[connectorHeader]), String(headers[':authority'])];
  if (headers[':method'] === 'CONNECT') return takeDial(stream, { connector, authority }, deps);
  if (headers[':method'] === 'POST') deps.renew(connector);
  const token = deps.tokenOf(connector, authority);
  if (!token) return stream.respond({ ':status': 404 }, { endStream: true });
  stream.respond({ ':status': 200 });
  stream.end(JSON.stringify({ token: token.token, msLeft: token.until - deps.now() }));
}

/** The listener for other replicas. */
export type PeerListener = {
  port: number;
  /** Asks other replicas to hand over nothing more. What they have handed over goes on. */
  release(): void;
  close(): void;
};

/**
 * Listens for the other replicas of the gateway, which hand over dials through connectors that are connected here. A
 * connection is HTTP/2 in TLS, in which each side presents the key of the gateway.
 */
export async function servePeers(deps: ServePeersDeps): Promise<PeerListener> {
  const { keys, listen } = deps;
  let key = keys.privateKey();
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const accept = (socket: TLSSocket) => {
    socket.on('error', () => {});
    if (!isPeer(socket, keys)) return void socket.destroy();
    const session = performServerHandshake(socket, peerLimits);
    sessions.add(session);
    endIfLost(session, socket);
    session.on('error', () => {}).once('close', () => sessions.delete(session));
    session.setLocalWindowSize(sessionWindow);
    session.on('stream', (stream: ServerHttp2Stream, headers) => {
      stream.on('error', () => {});
      // A key that was taken away counts for nothing on an open connection either.
      if (isPeer(socket, keys)) serve(stream, headers, deps);
      else session.destroy();
    });
  };
  const server = createServer({ ...pinnedTls(key, peerProtocol), handshakeTimeout: 10_000 }, accept);
  server.on('tlsClientError', () => {});
  server.prependListener('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
    if (keys.privateKey() === key) return;
    key = keys.privateKey();
    server.setSecureContext(pinnedTls(key, peerProtocol));
  });
  server.listen(listen.port, listen.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenFailure(error, listen, 'services.proxy.peer.listen');
  }
  return {
    port: (server.address() as AddressInfo).port,
    release() {
      server.close();
      for (const session of sessions) askToLeave(session);
    },
    close() {
      if (server.listening) server.close();
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}
