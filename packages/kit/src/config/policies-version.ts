import type { Config, PolicyPlan } from '@sallyport/contracts';
import type { PolicyEngine } from './check-policies.ts';

/**
 * The version of all that decides in a configuration: the same for two configurations only if every request is decided
 * alike by both. Beside the documents it covers where each holds, and who may be impersonated. Throws RangeError if
 * there is too much of it.
 */
export function policiesVersion(
  plan: PolicyPlan,
  config: Pick<Config, 'clusters'>,
  engine: Pick<PolicyEngine, 'policyVersion'>,
): string {
  const parts: Record<string, unknown> = {};
  for (const { scope, document } of plan.documents) parts[scope] = document;
  plan.clusters.forEach(({ name, scopes, namespaces, shadow }, index) => {
    parts[`use/${name}`] = { scopes, namespaces, shadow, impersonate: config.clusters[index]?.impersonate };
  });
  return engine.policyVersion(parts);
}
