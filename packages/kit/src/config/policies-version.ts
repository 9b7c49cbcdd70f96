import type { Config, PolicyPlan } from '@sallyport/contracts';
import type { PolicyEngine } from './check-policies.ts';

/**
 * Returns the version of everything in a configuration that affects decisions. Two configurations have the same version
 * only if they decide every request alike. It covers the documents, where each applies, who may be impersonated,
 * elevations, on which clusters web applications act, and which sessions are recorded. Throws RangeError if the documents
 * are too large.
 */
export function policiesVersion(
  plan: PolicyPlan,
  config: Pick<Config, 'clusters'> & Partial<Pick<Config, 'elevations' | 'routes'>>,
  engine: Pick<PolicyEngine, 'policyVersion'>,
): string {
  const parts: Record<string, unknown> = {};
  for (const { scope, document } of plan.documents) parts[scope] = document;
  plan.clusters.forEach(({ name, scopes, namespaces, shadow }, index) => {
    parts[`use/${name}`] = { scopes, namespaces, shadow, impersonate: config.clusters[index]?.impersonate };
  });
  plan.routes.forEach(({ host, scopes }, index) => {
    const { from, identity } = config.routes?.[index] ?? {};
    const acts = identity?.kubernetes == null ? {} : { from, kubernetes: identity.kubernetes };
    parts[`use/route/${host}`] = { scopes, ...acts };
  });
  // A configuration without elevations keeps the version that it had before there were any.
  for (const { requesters: _by, approvers: _of, approverSets, review, ...terms } of config.elevations ?? [])
    parts[`use/elevation/${terms.name}`] = {
      ...terms,
      ...(review == null ? {} : { review: { within: review.within } }),
      ...(approverSets == null
        ? {}
        : { approverSets: approverSets.map(({ name, approvals }) => ({ name, approvals })) }),
    };
  if (plan.recordings.rules.length > 0 || plan.recordings.default !== 'off') parts['use/recordings'] = plan.recordings;
  return engine.policyVersion(parts);
}
