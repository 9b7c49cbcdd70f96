import type { IncomingMessage } from 'node:http';
import { beginSampledSpan, peerAttributes, type Span, type Tracer } from '@sallyport/kit';

/** Creates what begins the spans of requests. The server is named as people type it, not as a client says. */
export function createBeginRequestSpan(
  tracer: Tracer,
  gatewayUrl: string,
): (request: IncomingMessage) => Span | undefined {
  const attributes = { 'url.scheme': new URL(gatewayUrl).protocol.slice(0, -1), ...peerAttributes(gatewayUrl) };
  return (request) => beginSampledSpan(tracer, request, attributes);
}
