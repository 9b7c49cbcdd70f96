import { request as httpRequest, STATUS_CODES, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ProblemError } from '@sallyport/kit';
import { createStreamObserver, createWebSocketEnd, type StreamObserver } from '@sallyport/kubernetes';
import type { Exchange, Step } from '../exchange/exchange.ts';
import { createEndTunnel, type EndTunnel } from '../streams/end-tunnel.ts';
import type { StreamLifecycle } from '../streams/stream-lifecycle.ts';
import { isRefusal, relayRefusal, whenWritten, upstreamUnreachable } from './upstream-answer.ts';

type TunnelDeps = {
  connectTimeout: number;
  firstByte: number;
  lifecycle: Pick<StreamLifecycle, 'sent' | 'answered'>;
  /** See AuditTrail. Undefined without a spool. */
  written?: ((exchange: Exchange) => Promise<void> | undefined) | undefined;
  fail(exchange: Exchange, error: unknown): void;
  /** Returns the header lines of a response that go to the client. */
  clean(raw: readonly string[], status: number): string[];
  /** The HTTP server forgets sockets once they are upgraded, but stopping the gateway must close them. */
  track(socket: Duplex): void;
};

/**
 * Connects one direction of the tunnel: bytes as they arrive, with back-pressure. The end of one side ends writing on
 * the other.
 */
function pump(from: Duplex, to: Duplex, pass: (chunk: Buffer) => Buffer): void {
  from.on('data', (chunk: Buffer) => {
    const kept = pass(chunk);
    if (kept.length > 0 && !to.write(kept)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
}

// After one side has closed, the other may still flush what was in flight (the exit status of exec), but not for ever.
const lingerMs = 5000;

function join(client: Duplex, cluster: Duplex, exchange: Exchange, ending: EndTunnel): void {
  pump(client, cluster, (chunk) => {
    exchange.bytesIn += chunk.length;
    exchange.observer?.fromClient(chunk);
    return chunk;
  });
  pump(cluster, client, (chunk) => {
    exchange.bytesOut += chunk.length;
    return ending.pass(chunk);
  });
  const closing = (one: Duplex, other: Duplex) => {
    one.on('error', () => one.destroy());
    one.on('close', () => {
      if (other.destroyed) return;
      other.end();
      setTimeout(() => other.destroy(), lingerMs).unref();
    });
  };
  closing(client, cluster);
  closing(cluster, client);
}

function responseHead(answer: IncomingMessage, clean: TunnelDeps['clean']): string {
  const kept = clean(answer.rawHeaders, 101);
  const lines = [
    `HTTP/1.1 101 ${STATUS_CODES[101]}`,
    'Connection: Upgrade',
    `Upgrade: ${answer.headers.upgrade ?? ''}`,
  ];
  for (let index = 0; index < kept.length; index += 2) lines.push(`${kept[index]}: ${kept[index + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Returns where the upgrade goes: to a cluster, or to a web application. */
const peerOf = ({ upstream, route }: Exchange) => upstream ?? route!;

function upgradeLines(exchange: Exchange): string[] {
  const headers = exchange.headers!;
  const lines = [
    'Host',
    peerOf(exchange).hostHeader,
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

/**
 * Creates the observer of an exec, attach or port-forward, including those of the kubelet through `nodes/proxy`. Other
 * tunnels (to a proxied service) are not observed.
 */
function observerOf({ kube, headers }: Exchange, answer: IncomingMessage): StreamObserver | undefined {
  const kind = kube?.kubelet?.action ?? kube?.stream;
  if (kind !== 'exec' && kind !== 'attach' && kind !== 'portforward') return undefined;
  const webSocket = headers!.upgrade === 'websocket';
  const subprotocol = answer.headers[webSocket ? 'sec-websocket-protocol' : 'x-stream-protocol-version'];
  return createStreamObserver({
    kind,
    protocol: webSocket ? 'websocket' : 'spdy',
    subprotocol: [subprotocol ?? ''].flat()[0]!,
  });
}

function splice(exchange: Exchange, answer: IncomingMessage, cluster: Duplex, head: Buffer, deps: TunnelDeps): void {
  const client = exchange.upgrade!.socket;
  if (answer.headers.upgrade?.toLowerCase() !== exchange.headers!.upgrade) {
    cluster.destroy();
    deps.fail(
      exchange,
      new ProblemError(
        'upstream-unreachable',
        'The other side switched to a protocol that the client did not ask for.',
      ),
    );
    return;
  }
  exchange.statusCode = 101;
  exchange.response.detachSocket(client as never);
  deps.track(client);
  client.write(responseHead(answer, deps.clean), 'latin1');
  if (head.length > 0) {
    exchange.bytesOut += head.length;
    client.write(head);
  }
  exchange.observer = observerOf(exchange, answer);
  // What an application sends is not observed. Only where its frames end is known.
  const ending = createEndTunnel(client, cluster, exchange.route ? createWebSocketEnd() : exchange.observer);
  if (head.length > 0) ending.pass(head);
  join(client, cluster, exchange, ending);
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

function beginUpgrade(exchange: Exchange, socket: Duplex): ClientRequest {
  return httpRequest({
    method: exchange.request.method,
    path: peerOf(exchange).basePath + exchange.rawTarget,
    headers: upgradeLines(exchange) as never,
    setHost: false,
    createConnection: () => socket,
  });
}

/**
 * Creates the last step of an upgrade: a separate connection upstream, the same allow-listed headers, then bytes in both
 * directions.
 */
export function createTunnel(deps: TunnelDeps): Step {
  return (exchange) => {
    const client = exchange.upgrade!.socket;
    const socket = peerOf(exchange).connect();
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
    outgoing.once('upgrade', (answer, cluster, head) => {
      stopTimer();
      onceWritten(cluster, () => {
        const early = release();
        splice(exchange, answer, cluster, head, deps);
        for (const chunk of early) client.unshift(chunk);
        client.resume();
      });
    });
    outgoing.once('response', (answer) => {
      stopTimer();
      if (!isRefusal(answer))
        return giveUp(new ProblemError('upstream-unreachable', 'The response could be read in two ways.'));
      onceWritten(answer, () => relayRefusal(exchange, answer, { endsMs: deps.firstByte, clean: deps.clean }));
    });
    outgoing.once('error', (cause) => {
      stopTimer();
      if (exchange.statusCode === 0) deps.fail(exchange, upstreamUnreachable(exchange, cause));
      else client.destroy();
    });
    outgoing.end();
    deps.lifecycle.sent(exchange, ({ code, detail }) => giveUp(new ProblemError(code, detail)));
  };
}
