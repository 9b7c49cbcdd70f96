import { addAuditReadiness, type AuditSink } from '@sallyport/audit-log';
import { checkProtocol } from '@sallyport/contracts';
import { createInternalServer, listenHttp, type LoadedConfig, type Readiness } from '@sallyport/kit';
import { createMemoryReplicaRegistry } from '@sallyport/stores';
import { startNotifications } from '../notifications/start-notifications.ts';
import { watchServiceAccounts } from '../notifications/watch-service-accounts.ts';
import { startOnCall } from '../on-call/start-on-call.ts';
import { compileConfigPolicies } from '../policies/compile-policies.ts';
import { createPolicySet, type PolicySet } from '../policies/policy-set.ts';
import { startReloading } from '../reload/start-reloading.ts';
import { createAuthorize, type AuthorizeDeps } from './create-authorize.ts';

export type AuthorizeParts = Omit<AuthorizeDeps, 'policies' | 'identity' | 'notifications' | 'storeTimeoutMs'> & {
  loaded: LoadedConfig;
  readiness: Readiness;
  /** How servers outside are reached: HTTPS_PROXY and NO_PROXY. */
  environment?: { httpsProxy?: string; noProxy?: string };
  /** Where policies that come into force are recorded; they are not unless given. */
  sink?: AuditSink;
  /** How long clients have to give up the connections that they keep, in milliseconds. */
  releaseMs?: number;
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

/** Begins to tell people of elevations, and of service accounts that end soon. Returns a function that stops. */
function startTelling({ elevations, ...parts }: AuthorizeParts): () => Promise<void> {
  if (!elevations) return async () => undefined;
  const { store, sink } = elevations;
  const stopSending = startNotifications({ ...parts, store, sink });
  const channels = parts.loaded.config.notifications;
  const stopWatching = watchServiceAccounts({ ...parts, sink, outbox: store.notices, hold: store.hold, channels });
  return async () => {
    await stopWatching();
    await stopSending();
  };
}

/** Compiles the policies, listens, and watches the configuration's files. Throws ConfigFaults if a policy is faulty. */
export async function startAuthorize(parts: AuthorizeParts): Promise<RunningAuthorize> {
  const { loaded, logger, readiness, sessions } = parts;
  const { snapshot, warnings } = compileConfigPolicies(loaded);
  for (const warning of warnings.slice(0, maxLogged)) logger.warn({ ...warning }, 'policy warning');
  if (warnings.length > maxLogged) logger.warn({ count: warnings.length }, 'more policy warnings; run config check');
  const policies = createPolicySet(snapshot);
  const onCall = await startOnCall({ ...parts, policies });
  const replicas = parts.replicas ?? createMemoryReplicaRegistry(parts);
  const { identity, notifications } = loaded.config;
  const authorize = createAuthorize({ ...parts, identity, notifications, policies, replicas });
  const upgrade = { protocol: checkProtocol, accept: authorize.upgrade };
  const server = createInternalServer({ loaded, service: 'authorize', handler: authorize.handler, upgrade });
  const { listen, certFile } = loaded.config.services.authorize;
  const listening = await listenHttp(server, listen, 'services.authorize.listen');
  const reloader = startReloading({
    loaded,
    policies,
    warnings,
    replicas,
    onCall,
    sink: parts.sink,
    logger,
    metrics: parts.metrics,
    now: parts.now,
  });
  const stopTelling = startTelling(parts);
  readiness.add('sessions', () => sessions.ping());
  if (parts.sink) addAuditReadiness(readiness, parts.sink);
  readiness.add('policy', () => {
    const { waiting } = reloader.status();
    return waiting && `policy ${waiting.version} waits: ${waiting.reason}`;
  });
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
      const { releaseMs = 0 } = parts;
      await Promise.all([authorize.release(releaseMs), listening.release(releaseMs)]);
      await reloader.close();
      await onCall.close();
      await stopTelling();
      await authorize.close();
      await listening.close();
    },
  };
}
