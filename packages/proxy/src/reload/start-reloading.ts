import { hostname } from 'node:os';
import type { Change, Config } from '@sallyport/contracts';
import {
  createConfigReader,
  createReloader,
  type LoadedConfig,
  type Logger,
  type Metrics,
  type Reloader,
  type ServiceClient,
} from '@sallyport/kit';
import { reportReplica } from '@sallyport/stores';
import { followChanges } from '../authorize/follow-changes.ts';
import type { ClusterSet } from './cluster-set.ts';

export type ReloadingDeps = {
  loaded: LoadedConfig;
  clusters: ClusterSet;
  authorize: Pick<ServiceClient, 'request' | 'stream'>;
  producer: string;
  logger: Logger;
  metrics: Metrics;
  now: () => number;
  /** Hears of every change that authorize tells of. */
  onChange(change: Change): void;
};

/** What the gateway takes into use without a restart, and what is no business of it. */
const reloadable: readonly (keyof Config)[] = [
  'policies',
  'policy',
  'policyFile',
  'shadow',
  'explain',
  'clusters',
  'routes',
  'api',
  'reload',
];

/**
 * Keeps the clusters what the configuration's files say, and reports to authorize what this replica runs. The gateway
 * judges nothing, but it reads the policies as authorize does (on the reader's own thread): a file that authorize
 * refuses must not bring new clusters here.
 */
export function startReloading(deps: ReloadingDeps): Reloader {
  const { loaded, clusters, authorize, producer, logger, metrics, now } = deps;
  const reloader = createReloader({
    loaded,
    version: undefined,
    logger,
    metrics,
    now,
    reloadable,
    read: createConfigReader({ engine: import.meta.resolve('@sallyport/policy'), documents: false }),
    apply: ({ config }) => clusters.replace(config.clusters),
  });
  const stopFollowing = followChanges({
    client: authorize,
    logger,
    onChange(change) {
      const { type } = change;
      deps.onChange(change);
      if (type === 'reload-requested') void reloader.reload('request');
      // It may have been asked for meanwhile.
      else if (type === 'hello') reloader.look();
    },
  });
  const reporter = reportReplica({
    about: { service: 'proxy', id: producer, host: hostname(), startedAt: now() },
    reloader,
    logger,
    put: (replica) => authorize.request({ method: 'POST', path: '/v1/replicas', body: { replica } }),
    remove: (gone) => authorize.request({ method: 'POST', path: '/v1/replicas', body: { gone } }),
  });
  void reloader.reload('start');
  return {
    ...reloader,
    async close() {
      stopFollowing();
      await reporter.close();
      await reloader.close();
    },
  };
}
