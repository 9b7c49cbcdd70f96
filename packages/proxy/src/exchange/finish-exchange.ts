import type { Logger, Metrics } from '@sallyport/kit';
import { Counter, Gauge, Histogram } from 'prom-client';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { clientText } from '../audit/client-text.ts';
import type { Exchange } from './exchange.ts';

export type ExchangeEnds = {
  opened(exchange: Exchange): void;
  finished(exchange: Exchange): void;
  failed(exchange: Exchange, error: unknown): void;
};

/** The client broke off before there was an answer (nginx's number for it; it stands in logs and events only). */
const clientClosed = 499;

/** What is kept of a request when it is over: the audit event, one log line, and the metrics. */
export function createExchangeEnds(deps: {
  trail: AuditTrail;
  logger: Logger;
  metrics: Metrics;
  closed(exchange: Exchange): void;
}): ExchangeEnds {
  const registers = [deps.metrics];
  const requests = new Counter({
    name: 'sallyport_proxy_requests_total',
    help: 'Requests to clusters, by cluster and status code.',
    labelNames: ['cluster', 'code'],
    registers,
  });
  const seconds = new Histogram({
    name: 'sallyport_proxy_request_seconds',
    help: 'Time from head to end of short requests to clusters.',
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers,
  });
  const open = new Gauge({
    name: 'sallyport_proxy_open_requests',
    help: 'Requests to clusters that are under way, streams included.',
    registers,
  });
  // The members of a request's line are named below, and none is on the list of what must not be logged: looking for
  // those names cost more than the rest of the line.
  const lines = deps.logger.child({}, { redact: [] });
  return {
    opened: () => open.inc(),
    failed(exchange, error) {
      if (exchange.statusCode >= 500 || exchange.statusCode === 0)
        deps.logger.warn(
          { err: error, auditId: exchange.auditId, cluster: clientText(exchange.clusterName) },
          'request failed',
        );
    },
    finished(exchange) {
      if (exchange.statusCode === 0) exchange.statusCode = clientClosed;
      deps.trail.complete(exchange);
      deps.closed(exchange);
      open.dec();
      const durationMs = performance.now() - exchange.startedAt;
      // A name that is no cluster of ours is the client's invention and must not grow the metrics.
      requests.inc({ cluster: exchange.upstream?.name ?? '', code: exchange.statusCode });
      if (!exchange.kube?.longRunning) seconds.observe(durationMs / 1000);
      lines.info(
        {
          auditId: exchange.auditId,
          cluster: clientText(exchange.clusterName),
          user: exchange.answer?.identity?.user,
          verb: exchange.kube?.verb,
          path: exchange.kube?.path,
          code: exchange.statusCode,
          rule: exchange.answer?.decision.rule,
          ms: Math.round(durationMs * 10) / 10,
          bytes: exchange.bytesOut,
          ip: exchange.clientAddress,
          ended: exchange.stream?.end?.reason,
        },
        'request',
      );
    },
  };
}
