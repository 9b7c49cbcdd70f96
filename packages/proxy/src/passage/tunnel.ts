import { request as httpRequest, STATUS_CODES, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ProblemError } from '@sallyport/kit';
import type { StreamObserver } from '@sallyport/kubernetes';
import type { Allowed, AllowedExchange, Exchange } from '../exchange/exchange.ts';
import type { Outlet, SessionRecording } from '../exchange/session-recording.ts';
import { createEndTunnel, type EndTunnel } from '../streams/end-tunnel.ts';
import type { StreamLifecycle } from '../streams/stream-lifecycle.ts';
import { mayBeRelayed, relayRefusal, whenWritten, upstreamUnreachable } from './upstream-answer.ts';

type ReadAlong = {
  observer?: StreamObserver | undefined;
  end: Pick<StreamObserver, 'fromServer' | 'endWith'> | undefined;
  /** What records the session that is observed. */
  recording?: SessionRecording | undefined;
};

export type TunnelDeps<E extends Exchange> = {
  connectTimeout: number;
  firstByte: number;
  lifecycle: Pick<StreamLifecycle, 'sent' | 'answered'>;
  /** See AuditTrail. Undefined without a spool. */
  written?: ((exchange: AllowedExchange) => Promise<void> | undefined) | undefined;
  fail(exchange: E, error: unknown): void;
  /** Returns the header lines of a response that go to the client. */
  clean(raw: readonly string[], status: number): string[];
  /**
   * What reads along, for the event if it is an observer, and what knows where the upstream's frames end. Throws to refuse
   * what the upstream has accepted.
   */
  readAlong(exchange: Allowed<E>, answer: IncomingMessage): ReadAlong;
  /** The HTTP server forgets sockets once they are upgraded, but stopping the gateway must close them. */
  track(socket: Duplex): void;
};

/**
 * Connects one direction of the tunnel: bytes as they arrive, with back-pressure. The end of one side ends writing on
 * the other.
 */
function pump(from: Duplex, to: Outlet, pass: (chunk: Buffer) => Buffer): void {
  from.on('data', (chunk: Buffer) => {
    const kept = pass(chunk);
    if (kept.length > 0 && !to.write(kept)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
}

// After one side has closed, the other may still flush what was in flight (the exit status of exec), but not for ever.
const lingerMs = 5000;

/** Connects both sides, through the recording if there is one. */
function join(
  client: Duplex,
  upstream: Duplex,
  exchange: Exchange,
  { observer, end, recording, head }: ReadAlong & { head: Buffer },
): EndTunnel {
  const recorded = observer && recording?.join({ client, upstream }, observer);
  const { toClient, toUpstream } = recorded ?? { toClient: client, toUpstream: upstream };
  const ending = createEndTunnel(toClient, upstream, end);
  const fromClient = (chunk: Buffer) => {
    exchange.bytesIn += chunk.length;
    if (recorded) return recorded.fromClient(chunk);
    observer?.fromClient(chunk);
    return chunk;
  };
  const fromServer = (chunk: Buffer) => {
    exchange.bytesOut += chunk.length;
    return recorded ? recorded.fromServer(chunk, ending.pass) : ending.pass(chunk);
  };
  const first = fromServer(head);
  if (first.length > 0) toClient.write(first);
  pump(client, toUpstream, fromClient);
  pump(upstream, toClient, fromServer);
  const closing = (one: Duplex, other: Duplex, toOther: Outlet) => {
    one.on('error', () => one.destroy());
    one.on('close', () => {
      if (other.destroyed) return;
      toOther.end();
      setTimeout(() => other.destroy(), lingerMs).unref();
    });
  };
  closing(client, upstream, toUpstream);
  closing(upstream, client, toClient);
  return ending;
}

function responseHead(answer: IncomingMessage, clean: (raw: readonly string[], status: number) => string[]): string {
  const kept = clean(answer.rawHeaders, 101);
  const lines = [
    `HTTP/1.1 101 ${STATUS_CODES[101]}`,
    'Connection: Upgrade',
    `Upgrade: ${answer.headers.upgrade ?? ''}`,
  ];
  for (let index = 0; index < kept.length; index += 2) lines.push(`${kept[index]}: ${kept[index + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function upgradeLines(exchange: AllowedExchange): string[] {
  const { headers } = exchange;
  const lines = [
    'Host',
    exchange.upstream.hostHeader,
    'Connection',
    'Upgrade',
    'Upgrade',
    headers.upgrade === 'websocket' ? 'websocket' : 'SPDY/3.1',
    ...exchange.upstreamHeaders,
  ];
  if (headers.webSocketProtocols && headers.webSocketProtocols.length > 0)
    lines.push('Sec-WebSocket-Protocol', headers.webSocketProtocols.join(', '));
  if (exchange.request.method !== 'GET') lines.push('Content-Length', '0');
  return lines;
}

function splice<E extends Exchange>(
  exchange: Allowed<E>,
  { client, upstream }: { client: Duplex; upstream: Duplex },
  { answer, head }: { answer: IncomingMessage; head: Buffer },
  deps: TunnelDeps<E>,
): void {
  if (answer.headers.upgrade?.toLowerCase() !== exchange.headers.upgrade) {
    upstream.destroy();
    deps.fail(
      exchange,
      new ProblemError(
        'upstream-unreachable',
        'The other side switched to a protocol that the client did not ask for.',
      ),
    );
    return;
  }
  let along: ReadAlong;
  try {
    along = deps.readAlong(exchange, answer);
  } catch (error) {
    upstream.destroy();
    deps.fail(exchange, error);
    return;
  }
  exchange.statusCode = 101;
  exchange.upgrade!.detach();
  deps.track(client);
  client.write(responseHead(answer, deps.clean), 'latin1');
  exchange.observer = along.observer;
  const ending = join(client, upstream, exchange, { ...along, head });
  deps.lifecycle.answered(exchange, ending.cut);
}

/**
 * Reads from a client that waits for its 101, because a socket reports that its peer has closed only while it is read.
 * Keeps what the client sends early, up to one read. Returns a function that stops and hands over what was kept.
 */
function watchClient(client: Duplex, onClose: () => void): () => Buffer[] {
  const early: Buffer[] = [];
  const keep = (chunk: Buffer) => {
    early.push(chunk);
    client.pause();
  };
  client.on('data', keep);
  client.once('end', onClose);
  client.once('close', onClose);
  return () => {
    client.off('data', keep);
    client.off('end', onClose);
    client.off('close', onClose);
    return early;
  };
}

function beginUpgrade(exchange: AllowedExchange, socket: Duplex): ClientRequest {
  return httpRequest({
    method: exchange.request.method,
    path: exchange.upstream.basePath + exchange.rawTarget,
    headers: upgradeLines(exchange) as never,
    setHost: false,
    createConnection: () => socket,
  });
}

/**
 * Creates the last step of an upgrade: a separate connection upstream, the same allow-listed headers, then bytes in both
 * directions.
 */
export function createTunnel<E extends Exchange>(deps: TunnelDeps<E>): (exchange: Allowed<E>, client: Duplex) => void {
  return (exchange, client) => {
    const socket = exchange.upstream.connect();
    socket.allowHalfOpen = true;
    client.allowHalfOpen = true;
    exchange.upstreamStartedAt = performance.now();
    const outgoing = beginUpgrade(exchange, socket);
    const timer = setTimeout(
      () => socket.destroy(new Error('no response in time')),
      deps.connectTimeout + deps.firstByte,
    );
    const stopTimer = () => clearTimeout(timer);
    const release = watchClient(client, () => socket.destroy());
    let isOver = false;
    const giveUp = (error: unknown) => {
      isOver = true;
      stopTimer();
      release();
      outgoing.removeAllListeners('error').on('error', () => {}); // ending this side must not cost the client its response
      socket.destroy();
      deps.fail(exchange, error);
    };
    const onceWritten = (source: Duplex | IncomingMessage, proceed: () => void) =>
      whenWritten(deps.written?.(exchange), source, {
        proceed,
        refuse: giveUp,
        gone: () => upstreamUnreachable(exchange),
        isOver: () => isOver || client.destroyed,
      });
    outgoing.once('upgrade', (answer, upstream, head) => {
      stopTimer();
      onceWritten(upstream, () => {
        const early = release();
        splice(exchange, { client, upstream }, { answer, head }, deps);
        for (const chunk of early) client.unshift(chunk);
        client.resume();
      });
    });
    outgoing.once('response', (answer) => {
      stopTimer();
      if (!mayBeRelayed(answer))
        return giveUp(new ProblemError('upstream-unreachable', 'The response could be read in two ways.'));
      onceWritten(answer, () => relayRefusal(exchange, answer, { endsMs: deps.firstByte, clean: deps.clean }));
    });
    outgoing.once('error', (cause) => {
      stopTimer();
      if (exchange.statusCode === 0)
        deps.fail(exchange, cause instanceof ProblemError ? cause : upstreamUnreachable(exchange, cause));
      else client.destroy();
    });
    outgoing.end();
    deps.lifecycle.sent(exchange, ({ code, detail }) => giveUp(new ProblemError(code, detail)));
  };
}
