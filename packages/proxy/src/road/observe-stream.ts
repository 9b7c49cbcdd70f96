import type { IncomingMessage } from 'node:http';
import { createStreamObserver, type StreamObserver } from '@sallyport/kubernetes';
import { joinSinks, readCopy } from '../copies/read-copy.ts';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';

/**
 * Creates the observer of an exec, attach or port-forward, including those of the kubelet through `nodes/proxy`. Other
 * tunnels (to a proxied service) are not observed. Throws `not-recordable` if the stream must be recorded and cannot be
 * read.
 */
export function observeStream(exchange: Allowed<ClusterExchange>, answer: IncomingMessage): StreamObserver | undefined {
  const { asked, headers, recording } = exchange;
  const kind = asked.kubelet?.action ?? asked.stream;
  if (kind !== 'exec' && kind !== 'attach' && kind !== 'portforward') return undefined;
  if (kind === 'exec') exchange.copy = readCopy(asked);
  const webSocket = headers.upgrade === 'websocket';
  const subprotocol = answer.headers[webSocket ? 'sec-websocket-protocol' : 'x-stream-protocol-version'];
  const observer = createStreamObserver(
    {
      kind,
      protocol: webSocket ? 'websocket' : 'spdy',
      subprotocol: [subprotocol ?? ''].flat()[0]!,
    },
    joinSinks(recording?.sink, exchange.copy?.sink),
  );
  if (recording?.isWhole) {
    if (answer.headers['sec-websocket-extensions'] !== undefined)
      recording.cannotRead('the cluster compresses what it sends');
    else if (observer.reason !== undefined) recording.cannotRead(observer.reason);
  }
  return observer;
}
