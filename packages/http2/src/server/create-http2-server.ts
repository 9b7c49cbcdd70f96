import { constants, performServerHandshake, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import { endIfLost } from '../shared/end-if-lost.ts';
import { onPeerEnd } from '../shared/on-peer-end.ts';
import { HeadError, readHead } from './read-head.ts';
import { StreamRequest, type Body } from './stream-request.ts';
import { StreamResponse } from './stream-response.ts';

export type Http2ServerDeps = {
  /** Takes a request. What it returns is settled when the gateway has no more work with it, even if the client gave it up. */
  take(request: StreamRequest, response: StreamResponse): Promise<void>;
  /** Told of what is not a request over HTTP/2, and with which status it was answered: a connection, or one of its streams. */
  refused(socket: TLSSocket, reason: string, status: number): void;
  /** How long a connection may take to begin, and how long it stays open without a request, in milliseconds. */
  limits?: { prefaceMs?: number; idleMs?: number };
};

/** Serves connections of HTTP/2. */
export type Http2Server = {
  accept(socket: TLSSocket): void;
  /** Asks all clients to open no further request here (GOAWAY). Each connection closes after its last one. */
  release(): void;
};

const maxStreams = 100;

const options = {
  settings: {
    enablePush: false,
    maxConcurrentStreams: maxStreams,
    initialWindowSize: 65_536,
    maxHeaderListSize: 65_536,
  },
  maxHeaderListPairs: 256,
  // In megabytes. Above it, Node.js refuses streams.
  maxSessionMemory: 16,
  // Rapid reset (CVE-2023-44487), and what makes this side reset (CVE-2025-8671).
  streamResetBurst: 200,
  streamResetRate: 20,
  maxSessionInvalidFrames: 50,
  maxSessionRejectedStreams: 20,
  strictSingleValueFields: false,
  // Otherwise nghttp2 leaves out a field with blanks around its value, and the request goes on without it.
  strictFieldWhitespaceValidation: false,
};

/** How much of the bodies of a connection may be on its way. One stream may fill a sixteenth of it. */
const sessionWindow = 1024 * 1024;

/** Answers one stream after another. Work that a client has given up goes on counting until it has ended. */
function createStreams(socket: TLSSocket, { take, refused }: Http2ServerDeps) {
  let abandoned = 0;
  const run = async (stream: ServerHttp2Stream, request: StreamRequest) => {
    let isOver = false;
    let isAbandoned = false;
    stream.once('close', () => {
      isAbandoned = !isOver;
      if (isAbandoned) abandoned += 1;
    });
    await take(request, new StreamResponse(stream, request.method === 'HEAD'));
    isOver = true;
    if (isAbandoned) abandoned -= 1;
  };
  const begin = (stream: ServerHttp2Stream, fields: readonly string[], body: Body | undefined) => {
    // A stream that was reset in the same packet is gone by now.
    if (stream.destroyed) return;
    if (abandoned >= maxStreams) return stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    try {
      void run(stream, new StreamRequest(stream, socket, readHead(fields, body !== undefined), body));
    } catch (error) {
      if (!(error instanceof HeadError)) throw error;
      refused(socket, error.message, 400);
      stream.respond({ ':status': 400 }, { endStream: true });
    }
  };
  return (stream: ServerHttp2Stream, flags: number, fields: readonly string[]) => {
    stream.on('error', () => {});
    const body = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0 ? { hasEnded: false } : undefined;
    if (body) onPeerEnd(stream, () => (body.hasEnded = true));
    setImmediate(begin, stream, fields, body);
  };
}

/** Closes a connection that does not begin in time, or that has been without a request for long. */
function limitIdle(
  session: ServerHttp2Session,
  { prefaceMs = 10_000, idleMs = 65_000 } = {},
): (stream: ServerHttp2Stream) => void {
  let open = 0;
  let timer = setTimeout(() => session.destroy(), prefaceMs);
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => session.close(), idleMs).unref();
  };
  session.once('remoteSettings', () => {
    if (open === 0) wait();
  });
  session.once('close', () => clearTimeout(timer));
  return (stream) => {
    open += 1;
    clearTimeout(timer);
    stream.once('close', () => {
      open -= 1;
      if (open === 0 && !session.closed) wait();
    });
  };
}

/** Creates the server of HTTP/2 of a listener, which hands it the connections that chose this protocol. */
export function createHttp2Server(deps: Http2ServerDeps): Http2Server {
  const sessions = new Set<ServerHttp2Session>();
  return {
    accept(socket) {
      const session = performServerHandshake(socket, options as never);
      sessions.add(session);
      endIfLost(session, socket);
      session.setLocalWindowSize(sessionWindow);
      session.once('close', () => sessions.delete(session));
      let isClientsFault = false;
      session.once('goaway', () => (isClientsFault = true));
      session.on('error', ({ code, message }: NodeJS.ErrnoException) => {
        if (!isClientsFault && code?.startsWith('ERR_HTTP2')) deps.refused(socket, message, 400);
      });
      const count = limitIdle(session, deps.limits);
      const take = createStreams(socket, deps);
      // The types of Node.js leave out the last argument, which has each field as it was received.
      const on = session.on.bind(session) as (
        event: 'stream',
        listener: (stream: ServerHttp2Stream, headers: object, flags: number, fields: readonly string[]) => void,
      ) => void;
      on('stream', (stream, _headers, flags, fields) => {
        count(stream);
        take(stream, flags, fields);
      });
    },
    release() {
      for (const session of sessions) session.close();
    },
  };
}
