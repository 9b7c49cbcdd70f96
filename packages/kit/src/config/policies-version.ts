import type { Config, PolicyPlan } from '@sallyport/contracts';
import type { PolicyEngine } from './check-policies.ts';

/**
 * Returns the version of everything in a configuration that affects decisions. Two configurations have the same version
 * only if they decide every request alike. It covers the documents, where each applies, and who may be impersonated.
 * Throws RangeError if the documents are too large.
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
