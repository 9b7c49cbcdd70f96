import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';

/** What a road to clusters uses of a request. Requests over HTTP/2 have no more. */
export type ClientRequest = Readable &
  Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders' | 'httpVersion' | 'complete'> & {
    /** The connection, which other requests may share. */
    readonly socket: Socket;
    /** Set for a stream of HTTP/2. The first line of a request over HTTP/1.1 can name any version. */
    readonly isStream?: true;
  };

/** What a road to clusters uses of a response. */
export type ClientResponse = Writable &
  Pick<ServerResponse, 'headersSent' | 'sendDate' | 'shouldKeepAlive' | 'flushHeaders' | 'writeContinue'> & {
    setHeader(name: string, value: string): unknown;
    writeHead(status: number, headers?: string[] | OutgoingHttpHeaders): ClientResponse;
    addTrailers(fields: readonly [string, string][]): unknown;
  };
