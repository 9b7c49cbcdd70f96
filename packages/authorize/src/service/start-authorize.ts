import { type AuditSink } from '@sallyport/audit-log';
import {
  createInternalServer,
  listenHttp,
  type LoadedConfig,
  type Logger,
  type Metrics,
  type Readiness,
  type ServiceVerifier,
} from '@sallyport/kit';
import {
  createMemoryReplicaRegistry,
  type ReplicaRegistry,
  type SessionStore,
  type StreamQuestionRegistry,
} from '@sallyport/stores';
import { createAuthorize } from './create-authorize.ts';
import { compileConfigPolicies } from '../policies/compile-config-policies.ts';
import { createPolicySet, type PolicySet } from '../policies/policy-set.ts';
import { startReloading } from '../reload/start-reloading.ts';

export type AuthorizeParts = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics?: Metrics;
  readiness: Readiness;
  sessions: SessionStore;
  /** Where replicas report; in this process's memory unless given. */
  replicas?: ReplicaRegistry;
  /** Where gateways answer questions about their streams; in this process's memory unless given. */
  streams?: StreamQuestionRegistry;
  /** Where policies that come into force are recorded; they are not unless given. */
  sink?: Pick<AuditSink, 'enqueue'>;
  verifier: ServiceVerifier;
  now: () => number;
};

/** Beyond this, warnings about policies are counted in the log instead of listed. */
const maxLogged = 20;

/**
 * A running authorize with the policies in force. `reload` reads the configuration again. `close` does not close the
 * session store, the registry and the sink.
 */
export type RunningAuthorize = {
  url: string;
  port: number;
  policies: PolicySet;
  readiness: Readiness;
  reload(): void;
  close(): Promise<void>;
};

/** Compiles the policies, listens, and watches the configuration's files. Throws ConfigFaults if a policy is faulty. */
export async function startAuthorize(parts: AuthorizeParts): Promise<RunningAuthorize> {
  const { loaded, logger, readiness, sessions } = parts;
  const { snapshot, warnings } = compileConfigPolicies(loaded);
  for (const warning of warnings.slice(0, maxLogged)) logger.warn({ ...warning }, 'policy warning');
  if (warnings.length > maxLogged) logger.warn({ count: warnings.length }, 'more policy warnings; run config check');
  const policies = createPolicySet(snapshot);
  const replicas = parts.replicas ?? createMemoryReplicaRegistry(parts);
  const authorize = createAuthorize({ ...parts, policies, replicas });
  const server = createInternalServer({ loaded, service: 'authorize', handler: authorize.handler });
  const { listen, certFile } = loaded.config.services.authorize;
  const listening = await listenHttp(server, listen, 'services.authorize.listen');
  const reloader = startReloading({
    loaded,
    policies,
    warnings,
    replicas,
    sink: parts.sink,
    logger,
    metrics: parts.metrics,
    now: parts.now,
  });
  readiness.add('sessions', () => sessions.ping());
  logger.info(
    {
      port: listening.port,
      policyVersion: snapshot.version,
      rules: snapshot.ruleCount,
      clusters: snapshot.clusters.size,
    },
    'authorize is listening',
  );
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return {
    url: `${certFile === undefined ? 'http' : 'https'}://${host === '0.0.0.0' ? '127.0.0.1' : host}:${listening.port}`,
    port: listening.port,
    policies,
    readiness,
    reload: () => void reloader.reload('signal'),
    async close() {
      await reloader.close();
      authorize.close();
      await listening.close();
    },
  };
}
