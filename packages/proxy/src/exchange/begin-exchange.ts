import { randomUUID } from 'node:crypto';
import type { Span } from '@sallyport/kit';
import type { WebRoute } from './web-route.ts';
import type { ClientRequest, ClientResponse } from './client-message.ts';
import type { Exchange, Upgrade } from './exchange.ts';

export type BeginExchange = (
  request: ClientRequest,
  response: ClientResponse,
  how: { upgrade?: Upgrade; expectsContinue?: boolean },
) => Exchange;

/**
 * Creates the exchange for a request that has just arrived. The audit id is always the gateway's own: with one from the
 * client, the client could forge the join with the cluster's audit log.
 */
export function createBeginExchange(deps: {
  clientAddress(peer: string | undefined, forwardedFor: string | undefined): string;
  /** Finds the web application to whose host a request is addressed. */
  routeOf?: ((request: ClientRequest) => WebRoute | undefined) | undefined;
  /** Begins the span of a request that is traced. Without it none is. */
  beginSpan?: ((request: ClientRequest) => Span | undefined) | undefined;
}): BeginExchange {
  return (request, response, how) => {
    const forwardedFor = request.headers['x-forwarded-for'];
    const route = deps.routeOf?.(request);
    // Both kinds have the same members in the same order, so that code for both stays as fast as for one.
    return {
      kind: route ? 'application' : 'cluster',
      request,
      response,
      upgrade: how.upgrade,
      connection: how.upgrade?.socket ?? (request.isStream ? response : request.socket),
      expectsContinue: how.expectsContinue ?? false,
      receivedAt: Date.now(),
      startedAt: performance.now(),
      auditId: randomUUID(),
      clientAddress: deps.clientAddress(
        request.socket.remoteAddress,
        typeof forwardedFor === 'string' ? forwardedFor : undefined,
      ),
      span: deps.beginSpan?.(request),
      headers: undefined,
      clusterName: '',
      rawTarget: request.url ?? '',
      upstream: route,
      asked: undefined,
      tokenHash: undefined,
      application: undefined,
      workloadToken: undefined,
      check: undefined,
      changesSeen: 0,
      answer: undefined,
      counted: undefined,
      stream: undefined,
      cutter: undefined,
      observer: undefined,
      recording: undefined,
      copy: undefined,
      upstreamHeaders: [],
      audited: 'nothing',
      ticket: 'nothing',
      heldResponse: undefined,
      statusCode: 0,
      statusReason: undefined,
      statusMessage: undefined,
      bytesIn: 0,
      bytesOut: 0,
      upstreamStartedAt: 0,
      upstreamSpan: undefined,
    } as Exchange;
  };
}
