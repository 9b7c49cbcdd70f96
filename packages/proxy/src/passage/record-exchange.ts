import { problemTable, withoutCommand } from '@sallyport/contracts';
import { toProblem, type Logger, type Metrics } from '@sallyport/kit';
import { Counter, Gauge, Histogram } from 'prom-client';
import { clientText } from '../credential/client-text.ts';
import { withoutTokens } from '../credential/own-token.ts';
import type { ClusterExchange, Exchange } from '../exchange/exchange.ts';
import type { StreamLifecycle } from '../streams/stream-lifecycle.ts';
import { endRequestSpan } from '../tracing/request-span.ts';

/** Records what every request leaves behind: the audit event of its end, one log line, and the metrics. */
export type ExchangeRecorder = {
  began(exchange: Exchange): void;
  failed(exchange: Exchange, error: unknown): void;
  closed(exchange: Exchange): void;
};

/** The client closed the connection before there was a response. nginx's number, used in logs and events only. */
const clientClosed = 499;

function createRequestMetrics(metrics: Metrics, clusters: () => readonly string[]) {
  const registers = [metrics];
  return {
    requests: new Counter({
      name: 'sallyport_proxy_requests_total',
      help: 'Requests to clusters, by cluster and status code.',
      labelNames: ['cluster', 'code'],
      registers,
    }),
    routeRequests: new Counter({
      name: 'sallyport_proxy_route_requests_total',
      help: 'Requests to web applications, by host and status code.',
      labelNames: ['route', 'code'],
      registers,
    }),
    refusals: new Counter({
      name: 'sallyport_proxy_refusals_total',
      help: 'Requests to clusters that the gateway answered itself, by cluster and problem.',
      labelNames: ['cluster', 'problem'],
      registers,
      // From the start, so that an alert sees the first of each kind as a rise.
      collect() {
        for (const cluster of ['', ...clusters()]) for (const problem of ownProblems) this.inc({ cluster, problem }, 0);
      },
    }),
    seconds: new Histogram({
      name: 'sallyport_proxy_request_seconds',
      help: 'Duration of short requests to clusters, from the request head to the end of the response.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      registers,
    }),
    open: new Gauge({
      name: 'sallyport_proxy_open_requests',
      help: 'Requests to clusters in flight, including streams.',
      registers,
    }),
  };
}

/** The problems that are the gateway's own. The alert rules name them in the same way. */
const ownProblems = Object.keys(problemTable).filter((code) => /^internal$|-unavailable$/.test(code));

const clusterNameOf = (exchange: Exchange) => (exchange.kind === 'cluster' ? clientText(exchange.clusterName) : '');
/** The name of an unknown cluster is the client's invention, and must not grow the metrics. */
const knownClusterOf = (exchange: ClusterExchange) => exchange.upstream?.name ?? '';
const hostOf = (exchange: Exchange) => (exchange.kind === 'cluster' ? undefined : exchange.upstream.host);

/** Creates the recorder of both roads. */
export function createExchangeRecorder(deps: {
  lifecycle: Pick<StreamLifecycle, 'closed'>;
  logger: Logger;
  metrics: Metrics;
  /** Returns the names of the clusters. */
  clusters(): readonly string[];
}): ExchangeRecorder {
  const { requests, routeRequests, refusals, seconds, open } = createRequestMetrics(deps.metrics, deps.clusters);
  // The members of a log line are fixed below, and none of them needs redaction. Searching for such members took longer
  // than everything else about the line.
  const lines = deps.logger.child({}, { redact: [] });
  return {
    began: () => open.inc(),
    failed(exchange, error) {
      if (exchange.kind === 'cluster')
        refusals.inc({ cluster: knownClusterOf(exchange), problem: toProblem(error).code });
      if (exchange.statusCode >= 500 || exchange.statusCode === 0)
        deps.logger.warn(
          {
            err: error,
            auditId: exchange.auditId,
            cluster: clusterNameOf(exchange),
            route: hostOf(exchange),
            trace_id: exchange.span?.traceId,
          },
          'request failed',
        );
    },
    closed(exchange) {
      if (exchange.statusCode === 0) exchange.statusCode = clientClosed;
      deps.lifecycle.closed(exchange);
      if (exchange.span) endRequestSpan(exchange);
      open.dec();
      const durationMs = performance.now() - exchange.startedAt;
      if (exchange.kind === 'cluster') requests.inc({ cluster: knownClusterOf(exchange), code: exchange.statusCode });
      else routeRequests.inc({ route: exchange.upstream.host, code: exchange.statusCode });
      if (!exchange.asked?.longRunning && !exchange.upgrade) seconds.observe(durationMs / 1000);
      const path = exchange.asked?.path;
      lines.info(
        {
          auditId: exchange.auditId,
          cluster: clusterNameOf(exchange),
          route: hostOf(exchange),
          user: exchange.answer?.identity?.user,
          verb: exchange.asked?.verb,
          path: path && withoutTokens(withoutCommand(path)),
          code: exchange.statusCode,
          rule: exchange.answer?.decision.rule,
          ruleName: exchange.answer?.decision.ruleName,
          ms: Math.round(durationMs * 10) / 10,
          bytes: exchange.bytesOut,
          ip: exchange.clientAddress,
          ended: exchange.stream?.end?.reason,
          trace_id: exchange.span?.traceId,
        },
        'request',
      );
    },
  };
}
