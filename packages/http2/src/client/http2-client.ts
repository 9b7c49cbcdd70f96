import { type Http1Client, type Http1Handler, Http1Error } from '@sallyport/http1';
import { SharedConnection, type SharedConnectionDeps } from './shared-connection.ts';
import type { BodilessRequest } from './write-fields.ts';

type Http2ClientDeps = Pick<SharedConnectionDeps, 'authority' | 'connect' | 'connectTimeoutMs'> &
  Partial<Pick<SharedConnectionDeps, 'idleMs' | 'pingMs'>> & {
    /** Sends the requests if the server does not speak HTTP/2. */
    http1: Pick<Http1Client, 'dispatch'>;
  };

/** Sends requests without a body that stay open, so that many share a connection. */
export type Http2Client = Pick<Http1Client, 'retire' | 'close'> & {
  /** Never throws: every failure goes to `handler.onError`. */
  dispatch(request: BodilessRequest, handler: Http1Handler): void;
  /** Returns how many connections and streams there are. Undefined if the server was last seen not to speak HTTP/2. */
  counts(): { connections: number; streams: number } | undefined;
  /** Returns what the server agreed to last. Undefined before the first connection. */
  protocol(): 'HTTP/2' | 'HTTP/1.1' | undefined;
};

/** With fewer connections than `spread`, a further one is opened before one has more than `few` streams. */
const [spread, few] = [4, 10];

/** For how long a server is taken not to speak HTTP/2, in milliseconds. It may be upgraded. */
const http1Ms = 600_000;

/**
 * Creates a client for one server with TLS. Streams share connections, and are spread over several, so that one lost
 * packet does not stop all. The client never sends a request twice, and has no limit on connections.
 */
export function createHttp2Client(deps: Http2ClientDeps): Http2Client {
  const connections = new Set<SharedConnection>();
  let isClosed = false;
  let http1Until = -Infinity;
  let protocol: 'HTTP/2' | 'HTTP/1.1' | undefined;
  const speaksHttp1 = () => performance.now() < http1Until;
  const open = () => {
    const connection = new SharedConnection({
      idleMs: 60_000,
      pingMs: 8000,
      ...deps,
      onGone: (gone) => void connections.delete(gone),
      onNegotiated(waiting, speaksHttp2) {
        protocol = speaksHttp2 ? 'HTTP/2' : 'HTTP/1.1';
        if (!speaksHttp2) http1Until = performance.now() + http1Ms;
        for (const { request, handler } of waiting) dispatch(request, handler);
      },
    });
    connections.add(connection);
    return connection;
  };
  const choose = () => {
    let best: SharedConnection | undefined;
    for (const one of connections) if (one.hasRoom && (!best || one.streams < best.streams)) best = one;
    return best && (best.streams < few || connections.size >= spread) ? best : open();
  };
  const dispatch = (request: BodilessRequest, handler: Http1Handler): void => {
    if (isClosed) handler.onError(new Http1Error('CLIENT_CLOSED', 'the client is closed'), false);
    else if (speaksHttp1()) deps.http1.dispatch(request, handler);
    else (request.fresh ? open() : choose()).send(request, handler);
  };
  return {
    dispatch,
    counts() {
      if (speaksHttp1()) return undefined;
      return {
        connections: connections.size,
        streams: connections.values().reduce((sum, one) => sum + one.streams, 0),
      };
    },
    protocol: () => protocol,
    retire() {
      for (const one of connections) one.retire();
    },
    close() {
      isClosed = true;
      for (const one of connections) one.destroy();
    },
  };
}
