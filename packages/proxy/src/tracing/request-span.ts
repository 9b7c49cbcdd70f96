import { peerAttributes, type SpanAttributes, beginSampledSpan, type Span, type Tracer } from '@sallyport/kit';
import { clientText } from '../credential/client-text.ts';
import type { ClientRequest } from '../exchange/client-message.ts';
import type { ClusterExchange, Exchange, Step } from '../exchange/exchange.ts';
import { tracedPath } from './traced-path.ts';

/** Returns the attributes of the server behind the gateway, without the path. */
function peerOf(exchange: Exchange): SpanAttributes {
  if (exchange.kind === 'application') return peerAttributes(exchange.upstream.target.origin);
  return exchange.upstream ? peerAttributes(exchange.upstream.origin) : {};
}

/**
 * Wraps the last step of a road: what goes upstream for a traced request is a part of its trace. This adds the one line
 * to the upstream headers that tells so. Those of the client never go there.
 */
export function traceUpstream<E extends Exchange>(send: Step<E>): Step<E> {
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

/**
 * Creates the function that begins the spans of requests. The server is named as people type it, not as a client says.
 */
export function createBeginRequestSpan(
  tracer: Tracer,
  gatewayUrl: string,
): (request: ClientRequest) => Span | undefined {
  const attributes = { 'url.scheme': new URL(gatewayUrl).protocol.slice(0, -1), ...peerAttributes(gatewayUrl) };
  return (request) => beginSampledSpan(tracer, request, attributes);
}

/**
 * Describes what was asked for. Only of a caller who is known: what others write into an address can be anything, such
 * as a password in the wrong place. Never who the caller is.
 */
function askedFor({ asked, answer }: ClusterExchange): SpanAttributes {
  if (!asked || !answer?.identity) return {};
  const { isResourceRequest, resource, subresource, apiGroup } = asked;
  const whole = [`${resource}${apiGroup === '' ? '' : `.${apiGroup}`}`, subresource].filter((part) => part !== '');
  return {
    'url.path': tracedPath(asked),
    'sallyport.verb': clientText(asked.verb),
    'sallyport.resource': isResourceRequest ? clientText(whole.join('/')) : undefined,
  };
}

/** The name of a span at a cluster. Undefined for what was not allowed, or has no resource. */
function nameOf({ request, asked, answer }: ClusterExchange): string | undefined {
  if (!asked?.isResourceRequest || answer?.decision.effect !== 'allow') return undefined;
  return clientText(`${request.method} ${[asked.resource, asked.subresource].filter((part) => part !== '').join('/')}`);
}

/** The name of a span, and what it says of the server. The path at a web application can be a secret. */
function describeTarget(exchange: Exchange): { name: string | undefined; attributes: SpanAttributes } {
  if (exchange.kind === 'cluster')
    return {
      name: nameOf(exchange),
      attributes: { ...askedFor(exchange), 'sallyport.cluster': exchange.upstream?.name },
    };
  const { origin, host, forwarded } = exchange.upstream;
  return {
    name: `${exchange.request.method} ${host}`,
    attributes: { ...peerAttributes(origin), 'url.scheme': forwarded.proto },
  };
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
  const { span, answer, statusCode, auditId } = exchange;
  if (!span) return;
  endUpstreamSpan(exchange);
  const { name, attributes } = describeTarget(exchange);
  if (name !== undefined) span.rename(name);
  span.set({
    ...attributes,
    'http.response.status_code': statusCode,
    'sallyport.audit_id': auditId,
    'sallyport.effect': answer?.decision.effect,
    'sallyport.rule': answer?.decision.rule,
    'sallyport.rule_name': answer?.decision.ruleName,
  });
  span.end(failureOf(statusCode));
}
