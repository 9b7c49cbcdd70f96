import { ProblemError } from '@sallyport/kit';
import type { Allowed, ClusterExchange } from '../exchange/exchange.ts';
import { impersonationHeaders } from '../headers/impersonation-headers.ts';

/**
 * Builds the upstream headers: allow-listed client headers, the user's identity, the audit id and
 * the gateway's credential for the cluster.
 */
export function impersonate(exchange: Allowed<ClusterExchange>): void {
  const { answer, upstream, headers } = exchange;
  // The request goes upstream as the one whom it names, or not at all: never as the person instead.
  const acting = headers?.impersonate !== undefined;
  const sent = acting ? answer?.actsAs : answer?.impersonation;
  if (answer?.decision.effect !== 'allow' || !answer.impersonation || !sent || !upstream || !headers)
    throw new ProblemError('unauthenticated', 'The request has no identity.');
  const identity = impersonationHeaders(sent, upstream.allowSystem, acting);
  const authorization = upstream.authorization();
  const lines = headers.forward;
  lines.push(...identity, 'Audit-ID', exchange.auditId);
  if (authorization !== undefined) lines.push('Authorization', authorization);
  exchange.upstreamHeaders = lines;
}
