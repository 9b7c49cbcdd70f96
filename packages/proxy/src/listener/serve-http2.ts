import type { Duplex } from 'node:stream';
import type { SecureContext, TLSSocket } from 'node:tls';
import { asHttp1, createHttp2Server, type Http2Server, type StreamRequest } from '@sallyport/http2';
import type { ClientRequest, ClientResponse } from '../exchange/client-message.ts';
import { readHost, withoutPort } from '../headers/read-headers.ts';

type ServeHttp2Deps = {
  /** Takes a request along its road. Resolves when the gateway has no more work with it. */
  run(request: ClientRequest, response: ClientResponse, how: { expectsContinue: boolean }): Promise<void>;
  /** Report whether a request is for the gateway's own pages and API, or for a web application. */
  isOwn(request: ClientRequest): boolean;
  isForApplication(request: ClientRequest): boolean;
  /** Serves a connection with HTTP/1.1. */
  serveHttp1(connection: Duplex): void;
  /** Returns the certificate of a host that has one of its own. */
  contextOf?: ((host: string) => SecureContext | undefined) | undefined;
  recordUnparsable(socket: Duplex, reason: string, status?: number): void;
};

/**
 * Creates the server of HTTP/2 on the gateway's listener. A request to a cluster takes its road as a stream. One for the
 * gateway's pages or for a web application takes that of HTTP/1.1, because Express and http-proxy-middleware need Node's
 * own requests and responses.
 */
export function serveHttp2({ contextOf, recordUnparsable, ...deps }: ServeHttp2Deps): Http2Server {
  /** Browsers use a connection for each host that its certificate names, unless they are told otherwise (421). */
  const isMisdirected = ({ rawHeaders, socket: { servername } }: StreamRequest) =>
    contextOf !== undefined &&
    typeof servername === 'string' &&
    contextOf(withoutPort(readHost(rawHeaders) ?? '')) !== contextOf(servername.toLowerCase());
  return createHttp2Server({
    async take(request, response) {
      if (isMisdirected(request)) {
        recordUnparsable(request.socket, 'MISDIRECTED_REQUEST', 421);
        return void response.writeHead(421).end();
      }
      if (deps.isOwn(request) || deps.isForApplication(request)) return deps.serveHttp1(asHttp1(request, response));
      await deps.run(request, response, { expectsContinue: request.headers.expect !== undefined });
    },
    refused: (socket: TLSSocket, reason, status) => recordUnparsable(socket, reason, status),
  });
}
