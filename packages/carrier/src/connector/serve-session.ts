import { constants, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { CarriedStream } from '../shared/carried-stream.ts';
import { CarrierError } from '../shared/carrier-error.ts';
import { readTarget, type Hello, type Target } from '../shared/hello.ts';
import type { Link } from '../shared/link.ts';

/** A token for the gateway, and how long it is valid. */
export type IssuedToken = { token: string; secondsLeft: number };

export type TokenSource = {
  /** Returns the current token with the seconds that it has left; undefined until there is one. */
  current(): IssuedToken | undefined;
  /** Calls the listener after each renewal. Returns what stops that. */
  subscribe(listener: () => void): () => void;
  /** Gets another one soon, because the API server refused the last one. */
  renew?(): void;
};

/** What a connector answers with. */
export type Answers = {
  hello(): Hello;
  token?: TokenSource | undefined;
  /**
   * Connects to an address. Rejects with a CarrierError of code `not-allowed` for one that is not on the list. The gateway
   * shows the message of an error to its users.
   */
  dial(target: Target, signal: AbortSignal): Promise<Socket>;
};

/** How long an address has to take what was sent last. */
const lingerMs = 10_000;

const toAscii = (text: string) => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);

/** Joins a dial with the connection to its address: bytes, half-close, and errors as errors. */
function join(dial: CarriedStream, socket: Socket): void {
  dial.on('error', () => socket.resetAndDestroy());
  dial.on('close', () => {
    if (!socket.destroyed) socket.setTimeout(lingerMs, () => socket.destroy());
  });
  socket.on('error', (error) => dial.destroy(error));
  socket.on('close', () => {
    if (!socket.readableEnded || !dial.readableEnded) dial.destroy(new CarrierError('reset', 'the address closed it'));
  });
  socket.pipe(dial).pipe(socket);
}

/** Serves a CONNECT: connects to the address, says whether that went well, and passes bytes. */
async function serveDial(stream: ServerHttp2Stream, authority: string, answers: Answers, link: Link): Promise<void> {
  const dial = new CarriedStream();
  dial.on('error', () => {});
  dial.attach(stream, () => new CarrierError('reset', 'the gateway gave it up'));
  link.add(dial);
  const abort = new AbortController();
  dial.on('close', () => abort.abort());
  try {
    const target = readTarget(authority);
    if (!target) throw new CarrierError('not-allowed', 'it is not an address');
    const socket = await answers.dial(target, abort.signal);
    if (stream.destroyed || stream.closed) return void socket.destroy();
    stream.respond({ ':status': 200 });
    join(dial, socket);
  } catch (error) {
    if (stream.destroyed || stream.closed) return;
    const status = error instanceof CarrierError && error.code === 'not-allowed' ? 403 : 502;
    // The gateway resets the stream once it has read this. A reset from here could overtake it.
    stream.respond({ ':status': status, 'sallyport-reason': toAscii((error as Error).message) }, { endStream: true });
    dial.resume();
  }
}

/** Sends a line for each token, at once and after each renewal. Returns what says that the connector leaves. */
function serveNotices(stream: ServerHttp2Stream, source: TokenSource | undefined): () => void {
  const send = (notice: object) => {
    if (!stream.destroyed && !stream.writableEnded) stream.write(`${JSON.stringify(notice)}\n`);
  };
  const sendToken = () => {
    const token = source?.current();
    if (token) send(token);
  };
  stream.respond({ ':status': 200, 'content-type': 'application/x-ndjson' });
  sendToken();
  const stop = source?.subscribe(sendToken);
  stream.on('close', () => stop?.());
  return () => {
    send({ leaving: true });
    stream.end();
  };
}

function respond(stream: ServerHttp2Stream, status: number, body = ''): void {
  stream.respond({ ':status': status });
  stream.end(body);
}

/** Serves what the gateway asks for. `leave` lets the gateway end the session once its dials have ended. */
export function serveSession(
  { session, link }: { session: ServerHttp2Session; link: Link },
  answers: Answers,
  events: { onAccepted(): void; onDrain(): void },
): { leave(): void } {
  let leave: (() => void) | undefined;
  session.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {});
    const { ':method': method, ':path': path, ':authority': authority } = headers;
    if (method === 'CONNECT') return void serveDial(stream, String(authority), answers, link);
    if (path === '/hello') return respond(stream, constants.HTTP_STATUS_OK, JSON.stringify(answers.hello()));
    if (path === '/notices' && !leave) {
      leave = serveNotices(stream, answers.token);
      return events.onAccepted();
    }
    if (path === '/renew') {
      answers.token?.renew?.();
      return respond(stream, constants.HTTP_STATUS_OK);
    }
    if (path === '/drain') {
      respond(stream, constants.HTTP_STATUS_OK);
      return events.onDrain();
    }
    respond(stream, constants.HTTP_STATUS_NOT_FOUND);
  });
  return { leave: () => leave?.() };
}
