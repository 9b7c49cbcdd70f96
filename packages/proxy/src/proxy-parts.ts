import type { AuditSink } from '@sallyport/audit-log';
import type { LoadedConfig, Logger, Metrics, Readiness, ServiceIdentity } from '@sallyport/kit';

/** What the proxy is started with. */
export type ProxyParts = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
  identity: ServiceIdentity;
  sink: AuditSink;
  now: () => number;
};
