import { once } from 'node:events';
import type { KeyObject } from 'node:crypto';
import { connect, type ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';
import { helloSchema, type Hello } from '../shared/hello.ts';
import { keyIdOf } from '../shared/key-id.ts';
import { Link, sessionOptions, sessionWindow } from '../shared/link.ts';
import { provenKey } from '../shared/pinned-tls.ts';
import { WebSocketBytes } from '../shared/web-socket-bytes.ts';
import { readAnswer } from './requests.ts';

/** Why a connection does not become a carrier. */
export const refusalReasons = ['not-known', 'no-key', 'too-many', 'timeout', 'protocol'] as const;
export type RefusalReason = (typeof refusalReasons)[number];

export class RefusedError extends Error {
  readonly reason: RefusalReason;
  /** The id of the key that the connector has proven to have. */
  keyId: string | undefined;

  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RefusedError';
    this.reason = reason;
  }
}

type GreetOptions = {
  socket: Duplex;
  head: Buffer;
  /** What `pinnedTls` returned. */
  tls: object;
  handshakeMs: number;
  /** Ends the handshake. */
  signal: AbortSignal;
  /** Returns the name of the connector with a key. Throws a RefusedError. */
  nameOf(key: KeyObject): string;
};

/** A connector that is known, and the layers of its carrier. */
export type Greeted = { link: Link; session: ClientHttp2Session; hello: Hello; keyId: string; connector: string };

async function beginTls(bytes: WebSocketBytes, tls: object): Promise<TLSSocket> {
  // One for each connection, because a server of several does not say which of them became secure.
  const server = createServer(tls);
  server.on('tlsClientError', (error) => bytes.destroy(error));
  server.emit('connection', bytes);
  const [secure] = (await once(server, 'secureConnection')) as [TLSSocket];
  secure.on('error', () => {});
  return secure;
}

async function readHello(session: ClientHttp2Session): Promise<Hello> {
  try {
    return helloSchema.parse(JSON.parse(await readAnswer(session, '/hello')));
  } catch (cause) {
    throw new RefusedError('protocol', 'it does not say what it is', { cause });
  }
}

/** Returns a promise that rejects when the handshake cannot go on, and what stops waiting for that. */
function failureOf(bytes: WebSocketBytes, { signal, handshakeMs }: GreetOptions) {
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  bytes.on('error', reject);
  bytes.on('close', () => reject(new RefusedError('protocol', 'it closed the connection')));
  const stop = () => reject(new RefusedError('timeout', 'the handshake was not complete in time'));
  const timer = setTimeout(stop, handshakeMs);
  signal.addEventListener('abort', stop);
  const settled = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  };
  return { failed, settled };
}

/**
 * Learns who is at the other end of a socket: TLS in the frames of the WebSocket, in which the connector proves to have
 * its key, then HTTP/2, over which it says what it is. Throws a RefusedError and closes the socket otherwise.
 */
export async function greet(options: GreetOptions): Promise<Greeted> {
  const { socket, head, tls, nameOf } = options;
  let link: Link | undefined;
  let secure: TLSSocket | undefined;
  let keyId: string | undefined;
  const bytes = new WebSocketBytes({ socket, head, side: 'gateway', onAlive: (count) => link?.alive(count) });
  const { failed, settled } = failureOf(bytes, options);
  try {
    secure = await Promise.race([beginTls(bytes, tls), failed]);
    const key = provenKey(secure);
    if (!key) throw new RefusedError('no-key', 'it has no key, or speaks another protocol');
    keyId = keyIdOf(key);
    nameOf(key);
    const session = connect('http://connector', { ...sessionOptions, createConnection: () => secure! });
    link = new Link({ bytes, secure, session });
    session.once('connect', () => session.setLocalWindowSize(sessionWindow));
    const hello = await Promise.race([readHello(session), failed]);
    return { link, session, hello, keyId, connector: nameOf(key) }; // again: the configuration may be another by now
  } catch (error) {
    const refused =
      error instanceof RefusedError ? error : new RefusedError('protocol', (error as Error).message, { cause: error });
    refused.keyId = keyId;
    bytes.sendClose(refused.reason);
    if (link) link.end(refused.message);
    secure?.destroy();
    bytes.destroy();
    throw refused;
  } finally {
    settled();
  }
}
