import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Config } from '@sallyport/contracts';
import type { AuditSink } from '@sallyport/audit-log';
import {
  createConfigReader,
  createReloader,
  type ConfigFault,
  type LoadedConfig,
  type Logger,
  type Metrics,
  type Reloader,
} from '@sallyport/kit';
import { reportReplica, type ReplicaRegistry } from '@sallyport/stores';
import type { OnCall } from '../on-call/start-on-call.ts';
import { compileCandidate } from '../policies/compile-policies.ts';
import type { PolicySet } from '../policies/policy-set.ts';
import { createPolicyEvents } from './policy-events.ts';

type ReloadingDeps = {
  loaded: LoadedConfig;
  policies: PolicySet;
  warnings: readonly ConfigFault[];
  replicas: ReplicaRegistry;
  onCall?: Pick<OnCall, 'status' | 'onStatus'>;
  sink: AuditSink | undefined;
  logger: Logger;
  metrics: Metrics | undefined;
  now: () => number;
};

/** Settings that authorize reloads without a restart, or does not use. */
const reloadable: readonly (keyof Config)[] = [
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
  'recordings',
  'reload',
];

const explainSettings = ({ clusters }: ReturnType<PolicySet['current']>) =>
  [...clusters.values()].map(({ name, explain }) => `${name}=${explain}`).join();

/** Reloads the policies when the configuration's files change, and reports what this replica runs. */
export function startReloading(deps: ReloadingDeps): Reloader {
  const { loaded, policies, replicas, logger, metrics, now } = deps;
  const id = `authorize/${randomUUID().slice(0, 8)}`;
  const events = deps.sink && createPolicyEvents({ sink: deps.sink, now });
  const reloader = createReloader({
    loaded,
    version: policies.current().version,
    warnings: deps.warnings,
    logger,
    now,
    reloadable,
    ...(metrics ? { metrics } : {}),
    read: createConfigReader({ engine: import.meta.resolve('@sallyport/policy'), documents: true }),
    async apply(candidate, trigger) {
      const next = await compileCandidate(candidate);
      const { version: previous } = policies.current();
      if (next.version !== previous) await events?.changing({ previous, version: next.version, trigger }, next);
      // Every swap makes the gateways check everything again.
      if (next.version !== previous || explainSettings(next) !== explainSettings(policies.current()))
        policies.swap(next);
    },
    ...(events ? { canApply: events.mayRecord } : {}),
    onRejected: (event) => events?.rejected(event),
  });
  events?.started(policies.current());
  const stopListening = replicas.onReloadRequest(() => void reloader.reload('request'));
  const reporter = reportReplica({
    about: { service: 'authorize', id, host: hostname(), startedAt: now() },
    reloader,
    ...(deps.onCall ? { onCall: deps.onCall } : {}),
    put: (status) => replicas.put(status),
    remove: (gone) => replicas.remove(gone),
    logger,
  });
  return {
    ...reloader,
    async close() {
      stopListening();
      await reporter.close();
      await reloader.close();
    },
  };
}
