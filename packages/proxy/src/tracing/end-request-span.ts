import { peerAttributes, type SpanAttributes } from '@sallyport/kit';
import { clientText } from '../audit/client-text.ts';
import type { Exchange } from '../exchange/exchange.ts';
import { tracedPath } from './traced-path.ts';

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
