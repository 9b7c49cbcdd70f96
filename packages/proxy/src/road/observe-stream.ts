import type { IncomingMessage } from 'node:http';
import { createStreamObserver, type StreamObserver } from '@sallyport/kubernetes';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';

/**
 * Creates the observer of an exec, attach or port-forward, including those of the kubelet through `nodes/proxy`. Other
 * tunnels (to a proxied service) are not observed.
 */
export function observeStream(
  { asked, headers }: Allowed<ClusterExchange>,
  answer: IncomingMessage,
): StreamObserver | undefined {
  const kind = asked.kubelet?.action ?? asked.stream;
  if (kind !== 'exec' && kind !== 'attach' && kind !== 'portforward') return undefined;
  const webSocket = headers.upgrade === 'websocket';
  const subprotocol = answer.headers[webSocket ? 'sec-websocket-protocol' : 'x-stream-protocol-version'];
  return createStreamObserver({
    kind,
    protocol: webSocket ? 'websocket' : 'spdy',
    subprotocol: [subprotocol ?? ''].flat()[0]!,
  });
}
