import { hostname } from 'node:os';
import type { Change, Config } from '@sallyport/contracts';
import {
  createConfigReader,
  createReloader,
  type LoadedConfig,
  type Logger,
  type Metrics,
  type Reloader,
  type ReloaderDeps,
  type ServiceClient,
} from '@sallyport/kit';
import { reportReplica } from '@sallyport/stores';
import { followChanges } from '../authorize/follow-changes.ts';
import type { Connectors } from '../connectors/open-connectors.ts';
import type { ClusterSet } from './cluster-set.ts';
import type { RouteSet } from './route-set.ts';

type ReloadingDeps = {
  loaded: LoadedConfig;
  clusters: ClusterSet;
  routes: RouteSet;
  connectors: Pick<Connectors, 'prepare' | 'report'>;
  authorize: Pick<ServiceClient, 'request' | 'stream'>;
  replica: string;
  logger: Logger;
  metrics: Metrics;
  now: () => number;
  /** Called with each configuration that comes into force, after its clusters have been replaced. */
  apply(config: Config): void;
  /** Called for every change that authorize announces. */
  onChange(change: Change): void;
};

/** What the gateway applies without a restart, and what does not concern it. */
const reloadable: ReloaderDeps['reloadable'] = [
  'policies',
  'policy',
  'policyFile',
  'shadow',
  'explain',
  'clusters',
  'routes',
  'connectors',
  'api',
  'elevations',
  'notifications',
  'onCall',
  // Authorize reads these. The rest of the section needs a restart.
  'recordings.default',
  'recordings.rules',
  'reload',
];

/**
 * Keeps the clusters up to date with the configuration files, and reports to authorize what this replica runs. The
 * gateway evaluates no policies, but it compiles them as authorize does (on the thread of the reader), so that a file
 * that authorize refuses does not bring new clusters here.
 */
export function startReloading(deps: ReloadingDeps): Reloader {
  const { loaded, clusters, routes, connectors, authorize, replica, logger, metrics, now } = deps;
  const reloader = createReloader({
    loaded,
    version: undefined,
    logger,
    metrics,
    now,
    reloadable,
    read: createConfigReader({ engine: import.meta.resolve('@sallyport/policy'), documents: false }),
    async apply({ config }) {
      const useConnectors = connectors.prepare(config.connectors);
      const useRoutes = await routes.prepare(config.routes);
      await clusters.replace(config.clusters);
      useRoutes();
      useConnectors();
      deps.apply(config);
    },
  });
  const stopFollowing = followChanges({
    client: authorize,
    logger,
    onChange(change) {
      const { type } = change;
      deps.onChange(change);
      if (type === 'reload-requested') void reloader.reload('request');
      // A reload may have been requested while there was no connection.
      else if (type === 'hello') reloader.checkFiles();
    },
  });
  const reporter = reportReplica({
    about: { service: 'proxy', id: replica, host: hostname(), startedAt: now() },
    reloader,
    more: connectors.report,
    logger,
    put: (status) => authorize.request({ method: 'POST', path: '/v1/replicas', body: { replica: status } }),
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
