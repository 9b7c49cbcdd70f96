import type { AuditSink } from '@sallyport/audit-log';
import type { LoadedConfig, Logger, Metrics, Readiness, ServiceKeys, Tracer } from '@sallyport/kit';

/** What the proxy is started with. */
export type ProxyParts = Pick<ServiceKeys, 'identity' | 'publicKeysOf'> & {
  loaded: LoadedConfig;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
  sink: AuditSink;
  /** Makes spans of requests. Without it there are none. */
  tracer?: Tracer | undefined;
  now: () => number;
  /** How long clients have to give up the connections that they keep, in milliseconds. */
  releaseMs?: number;
};
