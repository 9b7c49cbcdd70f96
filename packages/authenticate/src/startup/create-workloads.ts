import { workloadSource, type WorkloadConfig } from '@sallyport/contracts';
import type { LoadedConfig } from '@sallyport/kit';
import { compileWorkloads, type Workloads } from '../workloads/compile-workloads.ts';
import { createFetchedSource } from '../workloads/keys/fetched-source.ts';
import { createClusterSource, type KeySource } from '../workloads/keys/key-source.ts';
import { createWorkloadMetrics } from '../workloads/workload-metrics.ts';
import { type Closing, type StartAuthenticate, openFetch } from './start-parts.ts';

/** Identifies a source. Workloads with the same one share its keys. */
const sourceKey = (workload: WorkloadConfig) =>
  JSON.stringify([workloadSource(workload), workload.jwksUri ?? null, workload.caFile ?? null]);

/** Creates the workloads. Returns undefined if none are configured. */
export function createWorkloads(
  parts: Pick<StartAuthenticate, 'environment' | 'fetch' | 'logger' | 'metrics' | 'now'> & {
    loaded: Pick<LoadedConfig, 'config' | 'resolvePath'>;
  },
  closing: Closing,
): Workloads | undefined {
  const { loaded, logger, now = Date.now } = parts;
  const { workloads } = loaded.config;
  if (workloads.length === 0) return undefined;
  const metrics = createWorkloadMetrics(parts.metrics);
  const create = (workload: WorkloadConfig): KeySource =>
    workload.serviceAccounts
      ? createClusterSource(workload.serviceAccounts.cluster)
      : createFetchedSource(workload, {
          fetch: openFetch(parts, workload.caFile, closing),
          now,
          logger,
          fetched: metrics.fetched,
        });
  const sources = new Map<string, KeySource>();
  for (const workload of workloads) {
    const key = sourceKey(workload);
    if (!sources.has(key)) sources.set(key, create(workload));
  }
  return {
    compiled: compileWorkloads(workloads, (workload) => sources.get(sourceKey(workload))!),
    sources: [...sources.values()],
    metrics,
  };
}
