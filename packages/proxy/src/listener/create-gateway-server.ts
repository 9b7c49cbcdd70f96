import { createServer as createHttpServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext, TLSSocket } from 'node:tls';
import type { TlsProfile } from '@sallyport/contracts';
import { tlsOptions } from '@sallyport/kit';
import type { BeginExchange } from '../exchange/begin-exchange.ts';
import type { ClientRequest, ClientResponse } from '../exchange/client-message.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { splitProtocols } from './split-protocols.ts';
import { serveHttp2 } from './serve-http2.ts';

/**
 * How many requests may wait on one connection behind earlier ones. Hardly any client pipelines requests, and the response
 * of each one that waits is buffered here.
 */
const maxWaiting = 10;

/** Creates the limit for all connections of a server. */
function createPipelineLimit() {
  const waiting = new WeakMap<Duplex, Set<ServerResponse>>();
  return {
    /** Adds a request that arrived before the previous one was answered. Reports whether it is one too many. */
    exceeded(socket: Duplex, response: ServerResponse): boolean {
      const queue = waiting.get(socket) ?? new Set();
      waiting.set(socket, queue);
      if (queue.size >= maxWaiting) return true;
      queue.add(response);
      response.once('close', () => queue.delete(response));
      return false;
    },
    /** Closes a connection, and ends every request that waits on it. */
    end(socket: Duplex): void {
      socket.destroy();
      // Node closes the waiting responses only as long as it reads the connection itself, which an upgrade ends.
      for (const response of waiting.get(socket) ?? []) if (!response.socket) response.emit('close');
    },
  };
}

/** What becomes of an upgrade at an address of the gateway's own: a connector is taken, anything else is refused. */
export type OwnUpgrade = { accept(socket: Duplex, head: Buffer): void } | { status: number; text: string };

export type GatewayServerDeps = {
  /** With `clientCa`, clients are asked for a certificate. One that is missing or invalid is left to the policy. */
  tls:
    | {
        /** Without them, every handshake fails but those of challenges. `setSecureContext` brings them later. */
        cert: string | undefined;
        key: string | undefined;
        clientCa?: string | undefined;
        profile?: TlsProfile | undefined;
        /** Returns the certificate of a host that has one of its own. */
        contextOf?: ((host: string) => SecureContext | undefined) | undefined;
        /** Returns the certificate for the challenge tls-alpn-01 (RFC 8737) of a host, while one is pending. */
        challengeOf?: ((host: string) => SecureContext | undefined) | undefined;
        /** How long a handshake may take, in milliseconds. */
        handshakeMs?: number | undefined;
      }
    | undefined;
  /** With it, clients may choose HTTP/2 as well. It needs TLS. */
  http2?: { isForApplication(request: ClientRequest): boolean } | undefined;
  begin: BeginExchange;
  /** Takes an exchange along its road, to its end. */
  take(exchange: Exchange): Promise<void>;
  /** Told when an exchange begins, and when its response or its tunnel has closed. */
  recorder: { began(exchange: Exchange): void; closed(exchange: Exchange): void };
  /** Answers what is for the gateway's own pages and API. Every other request takes a road. */
  answerOwn(request: IncomingMessage, response: ServerResponse): void;
  /** Reports whether a request is for them. */
  isOwn(request: ClientRequest): boolean;
  /** Decides about an upgrade there. Undefined for an address that accepts none. */
  upgradeOwn?: ((request: IncomingMessage) => OwnUpgrade | undefined) | undefined;
  /**
   * How long a body for the gateway's own pages and API may take, in milliseconds. The default is a minute, in which the
   * largest accepted body arrives even over a slow connection.
   */
  ownBodyMs?: number;
  /** Told of bytes that are not HTTP, and with which status they are answered, by default 400. */
  recordUnparsable(socket: Duplex, reason: string, status?: number): void;
};

const options = {
  maxHeaderSize: 65_536,
  requestTimeout: 0,
  headersTimeout: 20_000,
  keepAliveTimeout: 65_000,
  insecureHTTPParser: false,
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 30_000,
  requireHostHeader: false, // refused on the road, where it is recorded. Node would answer without a trace
  connectionsCheckingInterval: 5000,
};
const handshakeMs = 10_000;

/**
 * How long a client may take to finish a body that is no longer forwarded, or to close after a refused upgrade, in
 * milliseconds.
 */
const lingerMs = 2000;
const ownBodyMs = 60_000;

/** Resolves when the gateway has no more work with the request, although its response may still go out. */
function run(
  deps: GatewayServerDeps,
  request: ClientRequest,
  response: ClientResponse,
  how: Parameters<BeginExchange>[2],
): Promise<void> {
  const exchange = deps.begin(request, response, how);
  deps.recorder.began(exchange);
  const end = how.upgrade ? how.upgrade.socket : response;
  end.once('close', () => deps.recorder.closed(exchange));
  response.once('finish', () => {
    if (!request.complete) dropRest(request);
  });
  return deps.take(exchange);
}

/**
 * Reads the rest of a body whose request was answered. A client that does not finish it in time loses its connection. A
 * client that does may already have sent its next request.
 */
function dropRest(request: ClientRequest): void {
  request.unpipe();
  request.resume();
  // Not cleared when the connection closes: a connection that lives on would collect a listener with each such body.
  setTimeout(() => {
    if (!request.complete) request.destroy();
  }, lingerMs).unref();
}

function destroyAfter(socket: Duplex, ms: number): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  socket.once('close', () => clearTimeout(timer));
}

/**
 * Limits how long a body for the gateway's own pages may take. One that never ends would hold its connection, and one to
 * the service behind the page. On the roads other rules apply.
 */
function limitOwnBody(request: IncomingMessage, response: ServerResponse, ms: number): void {
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  if (coding === undefined && (length === undefined || length === '0')) return;
  const { socket } = request;
  const endIfOpen = () => {
    if (!request.complete) socket.destroy();
  };
  const timer = setTimeout(endIfOpen, ms);
  response.once('close', () => {
    clearTimeout(timer);
    // After the response nothing reads the body any more.
    if (!request.complete) setTimeout(endIfOpen, lingerMs).unref();
  });
}

/**
 * Closes a connection after a refused upgrade, whatever its client does. A client that neither reads nor closes would
 * otherwise keep it open, and hold up the audit event of its end.
 */
function closeUpgrade(socket: Duplex): void {
  socket.end();
  socket.resume();
  destroyAfter(socket, lingerMs);
}

/** Takes the same road for an upgrade. The response is bound to the bare socket, so that a refusal is proper HTTP. */
function runUpgrade(
  deps: GatewayServerDeps & { pipeline: ReturnType<typeof createPipelineLimit> },
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void {
  socket.on('error', () => socket.destroy());
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  try {
    response.assignSocket(socket as never);
  } catch {
    // An earlier request on this connection is not answered yet, and an upgrade cannot wait for it.
    deps.recordUnparsable(socket, 'UPGRADE_BEHIND_REQUEST');
    return deps.pipeline.end(socket);
  }
  response.on('finish', () => closeUpgrade(socket));
  if (deps.isOwn(request)) {
    const own = deps.upgradeOwn?.(request) ?? { status: 400, text: 'This address does not accept an upgrade.' };
    if ('accept' in own) {
      response.detachSocket(socket as never);
      return own.accept(socket, head);
    }
    response.writeHead(own.status, { connection: 'close', 'content-type': 'text/plain' }).end(`${own.text}\n`);
    return;
  }
  const detach = () => response.detachSocket(socket as never);
  void run(deps, request, response, { upgrade: { socket, head, detach } });
}

const lateCode = 'ERR_HTTP_REQUEST_TIMEOUT';
const statusLines: Readonly<Record<string, string>> = {
  [lateCode]: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** Connections whose bytes were not HTTP, and that were told so. */
const answered = new WeakSet<Duplex>();

/**
 * Answers bytes that are not HTTP. Stays silent if another response has begun or a complete request still waits for one,
 * because the client would take this one for it.
 */
function refuseBytes(
  deps: GatewayServerDeps,
  error: NodeJS.ErrnoException,
  socket: Duplex,
  latest: ServerResponse | undefined,
): void {
  if (answered.has(socket)) return; // more of the same bytes. Cutting now could cost the client its response
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  // Browsers open connections that they may never use. Nothing was asked on this one.
  if (error.code === lateCode && (socket as Socket).bytesRead === 0) return void socket.destroy();
  const answering = latest !== undefined && !latest.writableFinished;
  // The connection closes by itself, and what follows a refusal does not count.
  if (answering && latest.headersSent && !latest.shouldKeepAlive) return;
  const line = statusLines[error.code ?? ''] ?? '400 Bad Request';
  deps.recordUnparsable(socket, error.code ?? 'unknown', Number(line.slice(0, 3)));
  if (answering && (latest.headersSent || latest.req.complete)) return void socket.destroy();
  answered.add(socket);
  socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  destroyAfter(socket, lingerMs);
}

function createSniCallback(contextOf: (host: string) => SecureContext | undefined) {
  return (host: string, done: (error: Error | null, context?: SecureContext) => void) =>
    done(null, contextOf(host.toLowerCase()));
}

const acmeProtocol = 'acme-tls/1';
/** What a client says in its first message. A client that names no host has no `servername`. */
type Hello = { servername: string | false; protocols: string[] };

/**
 * Creates what chooses the protocol of a connection, of those that the client speaks. A client that speaks only the
 * protocol of challenges gets the certificate of the pending challenge of its host, or an alert.
 */
function createAlpnCallback({ challengeOf }: NonNullable<GatewayServerDeps['tls']>, offered: readonly string[]) {
  return function choose(this: TLSSocket, { servername, protocols }: Hello): string | undefined {
    const chosen = offered.find((one) => protocols.includes(one));
    if (chosen !== undefined || protocols.length !== 1 || protocols[0] !== acmeProtocol) return chosen;
    const challenge = servername ? challengeOf?.(servername.toLowerCase()) : undefined;
    if (!challenge) return undefined;
    this.setKeyCert(challenge);
    return acmeProtocol;
  };
}

/** Ends a connection for a challenge after its handshake, in which everything is said. */
function endChallenge(socket: TLSSocket): void {
  socket.on('error', () => {}).end();
  destroyAfter(socket, lingerMs);
}

function createSecureServer(tls: NonNullable<GatewayServerDeps['tls']>, offered: readonly string[]): Server {
  const { cert, key, clientCa, profile, contextOf } = tls;
  const asking = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  return createHttpsServer({
    ...options,
    cert,
    key,
    ...asking,
    // In place of ALPNProtocols, of which Node would keep a small Buffer for each connection, and with it the 64 KiB of
    // memory that the Buffer is a part of.
    ALPNCallback: createAlpnCallback(tls, offered),
    ...tlsOptions(profile),
    ...(contextOf ? { SNICallback: createSniCallback(contextOf) } : {}),
    handshakeTimeout: tls.handshakeMs ?? handshakeMs,
  });
}

/** Serves what clients speak other than HTTP/1.1. */
function serveOthers(server: Server, deps: GatewayServerDeps): void {
  const serveHttp1 = splitProtocols(server, {
    [acmeProtocol]: endChallenge,
    h2: (socket) => http2?.accept(socket),
  });
  const http2 =
    deps.http2 &&
    serveHttp2({
      ...deps,
      isForApplication: deps.http2.isForApplication,
      contextOf: deps.tls?.contextOf,
      run: (request, response, how) => run(deps, request, response, how),
      serveHttp1,
    });
  server.on('release', () => http2?.release());
}

/**
 * Creates the gateway's server: HTTP/1.1, which upgrades need, with TLS unless a load balancer terminates it, and then
 * HTTP/2 as well. Does not listen yet.
 */
export function createGatewayServer(deps: GatewayServerDeps): Server {
  const offered = deps.http2 ? ['h2', 'http/1.1'] : ['http/1.1'];
  const server = deps.tls ? createSecureServer(deps.tls, offered) : createHttpServer(options);
  if (deps.tls) {
    serveOthers(server, deps);
    // A handshake that took too long could still succeed, with the refusal of refuseBytes as the first bytes of its
    // connection. If the client chose HTTP/2, Node.js would then end the process: the refusal and the session write at
    // once (`Assertion failed: !current_write_`).
    server.on('tlsClientError', (_error, socket) => socket.destroy());
  }
  server.maxHeadersCount = 0; // Node would silently drop the rest. Their size is what limits them
  const latest = new WeakMap<Duplex, ServerResponse>();
  const pipeline = createPipelineLimit();
  const receive = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
    const before = latest.get(request.socket);
    // Nothing runs after a refusal that closes the connection: it may be a body that was parsed as a request.
    if (before?.headersSent && !before.shouldKeepAlive) return;
    if (request.socket.destroyed) return;
    if (before && !before.writableFinished && pipeline.exceeded(request.socket, response)) {
      deps.recordUnparsable(request.socket, 'TOO_MANY_REQUESTS_AT_ONCE');
      return pipeline.end(request.socket);
    }
    latest.set(request.socket, response);
    if (!deps.isOwn(request)) return void run(deps, request, response, { expectsContinue });
    limitOwnBody(request, response, deps.ownBodyMs ?? ownBodyMs);
    if (expectsContinue) response.writeContinue();
    deps.answerOwn(request, response);
  };
  server.on('request', (request, response) => receive(request, response, false));
  server.on('checkContinue', (request, response) => receive(request, response, true));
  server.on('checkExpectation', (request, response) => receive(request, response, false));
  const upgrading = { ...deps, pipeline };
  for (const event of ['upgrade', 'connect'])
    server.on(event, (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      runUpgrade(upgrading, request, socket, head),
    );
  server.on('clientError', (error: NodeJS.ErrnoException, socket) =>
    refuseBytes(deps, error, socket, latest.get(socket)),
  );
  return server;
}
