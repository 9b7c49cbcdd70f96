import { peerAttributes } from '@sallyport/kit';
import type { Exchange, Step } from '../exchange/exchange.ts';

/** Returns the attributes of the server behind the gateway, without the path. */
function peerOf({ upstream, route }: Exchange) {
  if (route) return peerAttributes(route.target.origin);
  return peerAttributes(upstream!.origin);
}

/**
 * Wraps the last step of a road: what goes upstream for a traced request is a part of its trace. This adds the one line
 * to the upstream headers that tells so. Those of the client never go there.
 */
export function traceUpstream(send: Step): Step {
  return (exchange) => {
    const { span, request, upstreamHeaders } = exchange;
    if (span) {
      const method = request.method ?? 'GET';
      const attributes = { 'http.request.method': method, ...peerOf(exchange) };
      exchange.upstreamSpan = span.begin({ name: method, kind: 'client', attributes });
      upstreamHeaders.push('traceparent', exchange.upstreamSpan.traceparent);
    }
    return send(exchange);
  };
}
