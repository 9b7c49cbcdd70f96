import { createInternalServer, listenHttp, type LoadedConfig, type Logger, type Metrics, type Readiness, type ServiceVerifier, type SessionStore } from '@sallyport/kit';
import { createAuthorize } from './create-authorize.ts';
import { compileConfigPolicies } from './policies/compile-config-policies.ts';
import { createPolicySet, type PolicySet } from './policies/policy-set.ts';

export type AuthorizeParts = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics?: Metrics;
  readiness: Readiness;
  sessions: SessionStore;
  verifier: ServiceVerifier;
  now: () => number;
};

/** A running authorize; `policies` is what decides, and can be swapped. `close` leaves the session store to whoever opened it. */
export type RunningAuthorize = { url: string; port: number; policies: PolicySet; readiness: Readiness; close(): Promise<void> };

/** Compiles the policies and listens. Throws ConfigFaults if a policy is faulty. */
export async function startAuthorize(parts: AuthorizeParts): Promise<RunningAuthorize> {
  const { loaded, logger, readiness, sessions } = parts;
  const { snapshot, warnings } = compileConfigPolicies(loaded);
  for (const warning of warnings) logger.warn({ ...warning }, 'policy warning');
  const policies = createPolicySet(snapshot);
  const authorize = createAuthorize({ ...parts, policies });
  const server = createInternalServer({ loaded, service: 'authorize', handler: authorize.handler });
  const { listen, certFile } = loaded.config.services.authorize;
  const listening = await listenHttp(server, listen);
  readiness.add('sessions', () => sessions.ping());
  logger.info({ port: listening.port, policyVersion: snapshot.version, rules: snapshot.ruleCount, clusters: snapshot.clusters.size }, 'authorize listens');
  const host = listen.host.includes(':') ? `[${listen.host}]` : listen.host;
  return {
    url: `${certFile === undefined ? 'http' : 'https'}://${host === '0.0.0.0' ? '127.0.0.1' : host}:${listening.port}`,
    port: listening.port,
    policies,
    readiness,
    async close() {
      authorize.close();
      await listening.close();
    },
  };
}
