import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { Http1Connection } from './http1-connection.ts';
import type { Http1Handler, Http1Message } from './http1-handler.ts';
import { Http1Error } from '../wire/http1-error.ts';
import { createIdleConnections } from './idle-connections.ts';
import { writeRequestHead, type RequestHead } from '../wire/write-request-head.ts';

export type Http1Request = RequestHead & {
  /**
   * Text (as UTF-8) or bytes are sent with their length. A stream is sent as it arrives, with `bodyLength` if that is
   * known, otherwise in chunks.
   */
  readonly body?: string | Buffer | Readable;
  readonly bodyLength?: number | undefined;
  /**
   * Milliseconds until the head of the response, not counting the wait for a connection and for the request body. There
   * is no limit if it is 0 or missing.
   */
  readonly headersTimeoutMs?: number;
  /** Whether to open a connection for it: others that were kept may be closing too, like one that just closed. */
  readonly fresh?: boolean;
};

type Http1ClientDeps = {
  /** Value of the Host header. */
  host: string;
  /** Opens a connection. Must pass `onread` to the socket, which may emit `draining` before its end. */
  connect(onread: Http1Connection['onread']): Socket;
  /** The event of the socket that says that it is connected. */
  readyEvent: 'connect' | 'secureConnect';
  connectTimeoutMs: number;
  /** How long an idle connection is kept, in milliseconds, unless the server announces less. */
  idleMs?: number;
};

/** Sends requests over kept-alive connections of HTTP/1.1. */
export type Http1Client = {
  /** Never throws: every failure goes to `handler.onError`. */
  dispatch(request: Http1Request, handler: Http1Handler): void;
  /** Closes idle connections now, and each other connection after its exchange. */
  retire(): void;
  /** Closes all connections and ends their exchanges. */
  close(): void;
};

function framingOf({ body, bodyLength }: Http1Request): number | 'chunked' | undefined {
  if (body === undefined) return undefined;
  return typeof body === 'string' || Buffer.isBuffer(body) ? Buffer.byteLength(body) : (bodyLength ?? 'chunked');
}

type Waiting = { message: Http1Message; handler: Http1Handler };

/** Sends a request when its connection is ready. An abort before that also ends the attempt to connect. */
function awaitReady(
  { connectTimeoutMs, readyEvent }: Http1ClientDeps,
  connection: Http1Connection,
  socket: Socket,
  { message, handler }: Waiting,
): void {
  let waiting = true;
  /** Reports whether the request was still waiting. */
  const stopWaiting = () => {
    if (!waiting) return false;
    waiting = false;
    clearTimeout(timer);
    return true;
  };
  const giveUp = (error?: Error) => {
    if (!stopWaiting()) return;
    connection.destroy();
    if (error) handler.onError(error, false);
  };
  const timer = setTimeout(() => giveUp(new Http1Error('CONNECT_TIMEOUT', 'no connection in time')), connectTimeoutMs);
  socket.once(readyEvent, () => {
    if (stopWaiting()) connection.send(message, handler);
  });
  socket.once('error', giveUp);
  socket.once('close', () => giveUp(new Http1Error('CLOSED', 'the connection was closed before it was ready')));
  handler.onStart({ pause() {}, resume() {}, abort: () => giveUp() });
}

/**
 * Creates a client for one server, without a limit on connections: a watch that stays open must not delay the next
 * request. There is little between the caller and the socket: one write per request, one read buffer for all
 * connections, no streams unless a body is one. The client answers no challenge, follows no redirect and never sends a
 * request twice.
 */
export function createHttp1Client(deps: Http1ClientDeps): Http1Client {
  const idle = createIdleConnections(deps.idleMs ?? 30_000);
  const all = new Set<Http1Connection>();
  let closed = false;
  const onIdle = (connection: Http1Connection) => idle.put(connection);
  const onGone = (connection: Http1Connection) => {
    all.delete(connection);
    idle.drop(connection);
  };
  const open = (waiting: Waiting) => {
    const connection = new Http1Connection({ onIdle, onGone });
    const socket = deps.connect(connection.onread);
    all.add(connection);
    connection.attach(socket);
    awaitReady(deps, connection, socket, waiting);
  };
  return {
    dispatch(request, handler) {
      let message: Http1Message;
      try {
        if (closed) throw new Http1Error('CLIENT_CLOSED', 'the client is closed');
        const { body, bodyLength } = request;
        const head = writeRequestHead(request, deps.host, framingOf(request));
        message = { method: request.method, head, body, bodyLength, headersTimeoutMs: request.headersTimeoutMs ?? 0 };
      } catch (error) {
        return handler.onError(error as Error, false);
      }
      const connection = request.fresh ? undefined : idle.take();
      if (connection) connection.send(message, handler);
      else open({ message, handler });
    },
    retire() {
      for (let connection = idle.take(); connection; connection = idle.take()) connection.destroy();
      idle.close();
    },
    close() {
      closed = true;
      idle.close();
      for (const connection of all) connection.destroy();
    },
  };
}
