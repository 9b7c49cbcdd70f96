import type { ServiceName } from '@sallyport/contracts';
import type { LoadedConfig } from '../config/load-config.ts';
import type { Metrics } from '../observe/create-admin-server.ts';
import type { Logger } from '../observe/create-logger.ts';
import type { Tracer } from '../tracing/span.ts';

/** Starts the tracer of a service. Returns undefined if tracing is off, and then OpenTelemetry's SDK is not loaded. */
export async function startTracing(deps: {
  loaded: LoadedConfig;
  service: ServiceName;
  logger: Logger;
  metrics?: Metrics;
}): Promise<Tracer | undefined> {
  const { otlp, sample } = deps.loaded.config.tracing;
  if (otlp === undefined) return undefined;
  const { createTracer } = await import('./create-tracer.ts');
  return createTracer({ ...deps, otlp, sample });
}
