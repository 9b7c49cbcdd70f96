import { createServer as createHttpServer, ServerResponse, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import type { TlsProfile } from '@sallyport/contracts';
import { tlsOptions } from '@sallyport/kit';
import type { BeginExchange } from '../exchange/begin-exchange.ts';
import type { Exchange } from '../exchange/exchange.ts';
import type { ExchangeEnds } from '../exchange/finish-exchange.ts';
import { createPipelineLimit, type PipelineLimit } from './limit-pipeline.ts';

export type GatewayServerDeps = {
  /** With `clientCa` clients are asked for a certificate; what to make of it is policy's business. */
  tls: { cert: string; key: string; clientCa?: string; profile?: TlsProfile } | undefined;
  begin: BeginExchange;
  gateway(exchange: Exchange): Promise<void>;
  ends: ExchangeEnds;
  /** The gateway's own pages and API; every other address is a cluster's. */
  ownApi(request: IncomingMessage, response: ServerResponse): void;
  isOwn(request: IncomingMessage): boolean;
  /**
   * How long a body for the gateway's own pages and API may take, in milliseconds: a minute unless given, in which the
   * largest that is taken there comes through slow lines.
   */
  ownBodyMs?: number;
  /** Bytes that are no HTTP. */
  unparsable(socket: Duplex, reason: string): void;
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
  requireHostHeader: false, // refused on the road, where it is recorded; Node itself would answer unseen
  connectionsCheckingInterval: 5000,
};
const handshakeTimeout = 10_000;

/**
 * How long a client may take to finish a body that is not sent on any more, or to close after a refused upgrade, in
 * milliseconds.
 */
const lingerMs = 2000;
const ownBodyMs = 60_000;

function run(
  deps: GatewayServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
  how: Parameters<BeginExchange>[2],
): void {
  const exchange = deps.begin(request, response, how);
  deps.ends.opened(exchange);
  const end = how.upgrade ? how.upgrade.socket : response;
  end.once('close', () => deps.ends.finished(exchange));
  void deps.gateway(exchange);
  response.once('finish', () => {
    if (!request.complete) dropRest(request);
  });
}

/**
 * Reads the rest of a body whose request is answered. A client that does not finish it in time loses its connection;
 * one that does may have sent the next request on it.
 */
function dropRest(request: IncomingMessage): void {
  const { socket } = request;
  request.unpipe();
  request.resume();
  // Not tied to the end of the connection: one that lives on would gather a listener with each such body.
  setTimeout(() => {
    if (!request.complete) socket.destroy();
  }, lingerMs).unref();
}

function destroyAfter(socket: Duplex, ms: number): void {
  const timer = setTimeout(() => socket.destroy(), ms);
  socket.once('close', () => clearTimeout(timer));
}

/**
 * Holds a body for the gateway's own pages to a time, which the road does by its own rules: one that never ends would
 * keep its connection, and one to the service behind the page.
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
    // Behind its answer nobody reads it any more.
    if (!request.complete) setTimeout(endIfOpen, lingerMs).unref();
  });
}

/**
 * Ends a connection that leads nowhere any more, whatever its client does: unread and unclosed it would stay, and its
 * event with it.
 */
function letGo(socket: Duplex): void {
  socket.end();
  socket.resume();
  destroyAfter(socket, lingerMs);
}

/** The same road for an upgrade: a response bound to the bare socket, so that a refusal is a proper HTTP answer. */
function runUpgrade(
  deps: GatewayServerDeps & { pipeline: PipelineLimit },
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
    // an earlier request on this connection is not answered yet: an upgrade cannot wait for its turn
    deps.unparsable(socket, 'UPGRADE_BEHIND_REQUEST');
    return deps.pipeline.end(socket);
  }
  response.on('finish', () => letGo(socket));
  if (deps.isOwn(request)) {
    response.writeHead(400, { connection: 'close', 'content-type': 'text/plain' }).end('No upgrade is taken here.\n');
    return;
  }
  run(deps, request, response, { upgrade: { socket, head } });
}

/** Connections whose bytes were no HTTP, and that have been told so. */
const answered = new WeakSet<Duplex>();

/**
 * Answers bytes that are no HTTP, unless an answer is under way or still owed to a whole request: it would be taken for
 * that.
 */
function refuseBytes(
  deps: GatewayServerDeps,
  error: NodeJS.ErrnoException,
  socket: Duplex,
  latest: ServerResponse | undefined,
): void {
  if (answered.has(socket)) return; // the rest of the same bytes; to cut now could take the answer from the client
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const answering = latest !== undefined && !latest.writableFinished;
  if (answering && latest.headersSent && !latest.shouldKeepAlive) return; // ends by itself, and what is behind a refusal does not count
  deps.unparsable(socket, error.code ?? 'unknown');
  if (answering && (latest.headersSent || latest.req.complete)) return void socket.destroy();
  answered.add(socket);
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const large = error.code === 'HPE_HEADER_OVERFLOW';
  const line = late ? '408 Request Timeout' : large ? '431 Request Header Fields Too Large' : '400 Bad Request';
  socket.end(`HTTP/1.1 ${line}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  destroyAfter(socket, lingerMs);
}

function createSecureServer({ cert, key, clientCa, profile }: NonNullable<GatewayServerDeps['tls']>): Server {
  const asking = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
  return createHttpsServer({
    ...options,
    cert,
    key,
    ...asking,
    ALPNProtocols: ['http/1.1'],
    ...tlsOptions(profile),
    handshakeTimeout,
  });
}

/** The gateway's listener: HTTP/1.1 (upgrades need it), TLS unless a load balancer ends it. Does not listen yet. */
export function createGatewayServer(deps: GatewayServerDeps): Server {
  const server = deps.tls ? createSecureServer(deps.tls) : createHttpServer(options);
  server.maxHeadersCount = 0; // Node would drop the rest unseen; the size is what bounds them
  const latest = new WeakMap<Duplex, ServerResponse>();
  const pipeline = createPipelineLimit();
  const route = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => {
    const before = latest.get(request.socket);
    // Behind a refusal that closes the connection nothing runs: it may be a body that was read as a request.
    if (before?.headersSent && !before.shouldKeepAlive) return;
    if (request.socket.destroyed) return;
    if (before && !before.writableFinished && pipeline.exceeded(request.socket, response)) {
      deps.unparsable(request.socket, 'TOO_MANY_REQUESTS_AT_ONCE');
      return pipeline.end(request.socket);
    }
    latest.set(request.socket, response);
    if (!deps.isOwn(request)) return run(deps, request, response, { expectsContinue });
    limitOwnBody(request, response, deps.ownBodyMs ?? ownBodyMs);
    if (expectsContinue) response.writeContinue();
    deps.ownApi(request, response);
  };
  server.on('request', (request, response) => route(request, response, false));
  server.on('checkContinue', (request, response) => route(request, response, true));
  server.on('checkExpectation', (request, response) => route(request, response, false));
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
