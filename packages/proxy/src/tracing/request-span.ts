import type { IncomingMessage } from 'node:http';
import { peerAttributes, type SpanAttributes, beginSampledSpan, type Span, type Tracer } from '@sallyport/kit';
import { clientText } from '../credential/client-text.ts';
import type { Exchange, Step } from '../exchange/exchange.ts';
import { tracedPath } from './traced-path.ts';

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

/** Creates what begins the spans of requests. The server is named as people type it, not as a client says. */
export function createBeginRequestSpan(
  tracer: Tracer,
  gatewayUrl: string,
): (request: IncomingMessage) => Span | undefined {
  const attributes = { 'url.scheme': new URL(gatewayUrl).protocol.slice(0, -1), ...peerAttributes(gatewayUrl) };
  return (request) => beginSampledSpan(tracer, request, attributes);
}

/**
 * Describes what was asked for. Only of a caller who is known: what others write into an address can be anything, such
 * as a password in the wrong place. Never who the caller is.
 */
function askedFor({ kube, answer }: Exchange): SpanAttributes {
  if (!kube || !answer?.identity) return {};
  const { isResourceRequest, resource, subresource, apiGroup } = kube;
  const whole = [`${resource}${apiGroup === '' ? '' : `.${apiGroup}`}`, subresource].filter((part) => part !== '');
  return {
    'url.path': tracedPath(kube),
    'sallyport.verb': clientText(kube.verb),
    'sallyport.resource': isResourceRequest ? clientText(whole.join('/')) : undefined,
  };
}

/** The path at a web application can be a secret, such as the link that resets a password. */
function nameOf({ request, kube, route, answer }: Exchange): string | undefined {
  if (route) return `${request.method} ${route.host}`;
  if (!kube?.isResourceRequest || answer?.decision.effect !== 'allow') return undefined;
  return clientText(`${request.method} ${[kube.resource, kube.subresource].filter((part) => part !== '').join('/')}`);
}

const failureOf = (status: number) => (status >= 500 ? { error: String(status) } : {});

/** Ends the span of the request upstream. A problem of the gateway took the place of a response. */
function endUpstreamSpan({ upstreamSpan, statusCode, statusReason }: Exchange): void {
  if (statusReason !== undefined) return upstreamSpan?.end({ error: statusReason });
  upstreamSpan?.set({ 'http.response.status_code': statusCode });
  upstreamSpan?.end(statusCode >= 400 ? { error: String(statusCode) } : {});
}

/** Ends the spans of an exchange that is over, with what is known of it. Does nothing if it is not traced. */
export function endRequestSpan(exchange: Exchange): void {
  const { span, route, upstream, answer, statusCode, auditId } = exchange;
  if (!span) return;
  endUpstreamSpan(exchange);
  const name = nameOf(exchange);
  if (name !== undefined) span.rename(name);
  span.set({
    ...(route ? { ...peerAttributes(route.origin), 'url.scheme': route.forwarded.proto } : {}),
    ...askedFor(exchange),
    'http.response.status_code': statusCode,
    'sallyport.audit_id': auditId,
    'sallyport.cluster': upstream?.name,
    'sallyport.effect': answer?.decision.effect,
    'sallyport.rule': answer?.decision.rule,
  });
  span.end(failureOf(statusCode));
}
