import { readFileSync } from 'node:fs';
import { workloadSource, type WorkloadConfig } from '@sallyport/contracts';
import type { LoadedConfig } from '@sallyport/kit';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import { compileWorkloads, type Workloads } from '../workloads/compile-workloads.ts';
import { createFetchedSource } from '../workloads/keys/fetched-source.ts';
import { createClusterSource, type KeySource } from '../workloads/keys/key-source.ts';
import { createWorkloadMetrics } from '../workloads/workload-metrics.ts';
import type { Closing, StartAuthenticate } from './start-parts.ts';

/** Identifies a source. Workloads with the same one share its keys. */
const sourceKey = (workload: WorkloadConfig) =>
  JSON.stringify([workloadSource(workload), workload.jwksUri ?? null, workload.caFile ?? null]);

/** Creates the workloads. Returns undefined if none are configured. */
export function createWorkloads(
  {
    loaded: {
      config: { workloads },
      resolvePath,
    },
    environment,
    fetch,
    logger,
    metrics: registry,
    now = Date.now,
  }: Pick<StartAuthenticate, 'environment' | 'fetch' | 'logger' | 'metrics' | 'now'> & {
    loaded: Pick<LoadedConfig, 'config' | 'resolvePath'>;
  },
  closing: Closing,
): Workloads | undefined {
  if (workloads.length === 0) return undefined;
  const metrics = createWorkloadMetrics(registry);
  const fetchFor = ({ caFile }: WorkloadConfig) => {
    if (fetch) return fetch;
    const ca = caFile == null ? {} : { ca: readFileSync(resolvePath(caFile), 'utf8') };
    const own = createOutboundFetch({ ...environment, ...ca });
    closing.push(own.close);
    return own.fetch;
  };
  const create = (workload: WorkloadConfig): KeySource =>
    workload.serviceAccounts
      ? createClusterSource(workload.serviceAccounts.cluster)
      : createFetchedSource(workload, { fetch: fetchFor(workload), now, logger, fetched: metrics.fetched });
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
