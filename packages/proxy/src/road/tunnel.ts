import { request as httpRequest, STATUS_CODES, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ProblemError } from '@sallyport/kit';
import { createStreamObserver, type StreamObserver } from '@sallyport/kubernetes';
import type { Exchange, Step } from '../exchange/exchange.ts';
import { cleanResponseHeaders } from '../headers/clean-response-headers.ts';
import { cutAnswer } from '../streams/cut-answer.ts';
import { createEndTunnel, type EndTunnel } from '../streams/end-tunnel.ts';
import type { StreamEnd } from '../streams/open-stream.ts';

export type TunnelDeps = {
  connectTimeout: number;
  firstByte: number;
  /** The request goes upstream; `refuse` ends it there and tells the client, as long as the tunnel is not open. */
  sent(exchange: Exchange, refuse: (end: StreamEnd) => void): void;
  /** The tunnel is open; `cut` ends it readably. */
  started(exchange: Exchange, cut: (end: StreamEnd) => void): void;
  fail(exchange: Exchange, error: unknown): void;
  /** Upgraded sockets are seen by no HTTP server any more: whoever stops the gateway must know them. */
  track(socket: Duplex): void;
};

/**
 * One direction of the tunnel: bytes as they come, with back-pressure, and the end of one side as the end of writing on
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

// After one side is gone the other may still flush what was in flight (exec's exit status), but not for ever.
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
  const closing = (gone: Duplex, left: Duplex) => {
    gone.on('error', () => gone.destroy());
    gone.on('close', () => {
      if (left.destroyed) return;
      left.end();
      setTimeout(() => left.destroy(), lingerMs).unref();
    });
  };
  closing(client, cluster);
  closing(cluster, client);
}

function responseHead(answer: IncomingMessage): string {
  const kept = cleanResponseHeaders(answer.rawHeaders, 101);
  const lines = [
    `HTTP/1.1 101 ${STATUS_CODES[101]}`,
    'Connection: Upgrade',
    `Upgrade: ${answer.headers.upgrade ?? ''}`,
  ];
  for (let index = 0; index < kept.length; index += 2) lines.push(`${kept[index]}: ${kept[index + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function upgradeLines(exchange: Exchange): string[] {
  const headers = exchange.headers!;
  const lines = [
    'Host',
    exchange.upstream!.hostHeader,
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
 * False for what Node takes and must not go on: a 101 without Upgrade (whatever stands between here and the client
 * might take it for the beginning of a tunnel), a status below 100 (Node throws when it is to be sent), and a coding in
 * HTTP/1.0, which knows none (RFC 9112, 6.1): readers differ on where such an answer ends.
 */
function isRefusal({ statusCode = 0, httpVersion, headers }: IncomingMessage): boolean {
  return statusCode >= 200 && (httpVersion !== '1.0' || headers['transfer-encoding'] === undefined);
}

/**
 * A refusal of the cluster's own is relayed and both connections end, at the latest `endsMs` after it began: nothing
 * may ever ride on a half-upgraded one (CVE-2018-1002105).
 */
function relayRefusal(exchange: Exchange, answer: IncomingMessage, endsMs: number): void {
  const { response } = exchange;
  const timer = setTimeout(() => answer.destroy(new Error('the refusal did not end in time')), endsMs);
  answer.once('close', () => clearTimeout(timer));
  exchange.statusCode = answer.statusCode ?? 502;
  if (answer.statusCode === 401) exchange.upstream!.refreshCredential();
  response.writeHead(exchange.statusCode, [
    ...cleanResponseHeaders(answer.rawHeaders, exchange.statusCode),
    'connection',
    'close',
  ]);
  answer.on('data', (chunk: Buffer) => {
    exchange.bytesOut += chunk.length;
    if (!response.write(chunk)) answer.pause();
  });
  response.on('drain', () => answer.resume());
  answer.on('end', () => response.end());
  answer.on('error', () => cutAnswer(exchange));
}

/**
 * What watches an exec, attach or port-forward, those of the kubelet behind `nodes/proxy` too; a tunnel to something
 * else (a proxied service) is nobody's business.
 */
function observerOf({ kube, headers }: Exchange, answer: IncomingMessage): StreamObserver | undefined {
  const kind = kube!.kubelet?.action ?? kube!.stream;
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
      new ProblemError('upstream-unreachable', 'The cluster switched to a protocol that was not asked for.'),
    );
    return;
  }
  exchange.statusCode = 101;
  exchange.response.detachSocket(client as never);
  deps.track(client);
  client.write(responseHead(answer), 'latin1');
  if (head.length > 0) {
    exchange.bytesOut += head.length;
    client.write(head);
  }
  exchange.observer = observerOf(exchange, answer);
  const ending = createEndTunnel(client, cluster, exchange.observer);
  if (head.length > 0) ending.pass(head);
  join(client, cluster, exchange, ending);
  deps.started(exchange, ending.cut);
}

/**
 * Reads a client that waits for its 101: only a socket that is read tells that its peer is gone. What it sends early is
 * kept, up to one read.
 */
function watchClient(client: Duplex, gone: () => void): () => Buffer[] {
  const early: Buffer[] = [];
  const keep = (chunk: Buffer) => {
    early.push(chunk);
    client.pause();
  };
  client.on('data', keep);
  client.once('end', gone);
  client.once('close', gone);
  return () => {
    client.off('data', keep);
    client.off('end', gone);
    client.off('close', gone);
    return early;
  };
}

/** The last step of an upgrade: its own connection upstream, the same allow-listed headers, then bytes both ways. */
export function createTunnel(deps: TunnelDeps): Step {
  return (exchange) => {
    const upstream = exchange.upstream!;
    const client = exchange.upgrade!.socket;
    const socket = upstream.connect();
    socket.allowHalfOpen = true;
    client.allowHalfOpen = true;
    exchange.upstreamStartedAt = performance.now();
    const outgoing: ClientRequest = httpRequest({
      method: exchange.request.method,
      path: upstream.basePath + exchange.rawTarget,
      headers: upgradeLines(exchange) as never,
      setHost: false,
      createConnection: () => socket,
    });
    const timer = setTimeout(
      () => socket.destroy(new Error('no answer in time')),
      deps.connectTimeout + deps.firstByte,
    );
    const settle = () => clearTimeout(timer);
    const release = watchClient(client, () => socket.destroy());
    const giveUp = (error: ProblemError) => {
      settle();
      release();
      outgoing.removeAllListeners('error').on('error', () => {}); // the end of this side must not take the answer from the other
      socket.destroy();
      deps.fail(exchange, error);
    };
    outgoing.once('upgrade', (answer, cluster, head) => {
      settle();
      const early = release();
      splice(exchange, answer, cluster, head, deps);
      for (const chunk of early) client.unshift(chunk);
      client.resume();
    });
    outgoing.once('response', (answer) => {
      settle();
      if (!isRefusal(answer))
        return giveUp(
          new ProblemError('upstream-unreachable', 'The cluster answered in a form that could be read in two ways.'),
        );
      relayRefusal(exchange, answer, deps.firstByte);
    });
    outgoing.once('error', (cause) => {
      settle();
      if (exchange.statusCode === 0)
        deps.fail(
          exchange,
          new ProblemError(
            'upstream-unreachable',
            'The cluster cannot be reached from the gateway, or broke off before it answered.',
            { cause },
          ),
        );
      else client.destroy();
    });
    outgoing.end();
    deps.sent(exchange, ({ code, detail }) => giveUp(new ProblemError(code, detail)));
  };
}
