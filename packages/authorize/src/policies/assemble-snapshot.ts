import { hostOfRoute, type ApiArea, type Config, type PolicyPlan } from '@sallyport/contracts';
import { namedRequests, type CompiledPolicy } from '@sallyport/policy';
import { createElevationRules, onlySet } from './elevation-rules.ts';
import { createImpersonateRules } from './impersonate-rules.ts';
import { createNamespaceSelection } from './namespace-selection.ts';
import { createRecordingRules } from './recording-rules.ts';
import type { ApplicationRules, ClusterRules, PolicySnapshot, RouteRules } from './policy-set.ts';

/** Returns the web applications that act on clusters. */
function applicationsOf(
  configured: Config['routes'],
  routes: ReadonlyMap<string, RouteRules>,
): Map<string, ApplicationRules> {
  const found = new Map<string, ApplicationRules>();
  for (const { from, identity } of configured) {
    if (identity.kubernetes == null) continue;
    const host = hostOfRoute(from);
    const rules = routes.get(host)!;
    const clusters = new Set(identity.kubernetes.clusters);
    found.set(from, { ...rules, host, clusters, requests: namedRequests(rules.policies) });
  }
  return found;
}

/**
 * Assigns compiled policies to clusters, routes and API areas. A policy of several clusters exists once. Throws if the plan
 * refers to a policy that was not compiled.
 */
export function assembleSnapshot(parts: {
  plan: PolicyPlan;
  compiled: ReadonlyMap<string, CompiledPolicy>;
  version: string;
  clusters: Config['clusters'];
  routes: Config['routes'];
  elevations: Config['elevations'];
}): PolicySnapshot {
  const { plan, compiled, version } = parts;
  const policyOf = (scope: string) => {
    const policy = compiled.get(scope);
    // Leaving it out would drop its deny rules.
    if (!policy) throw new Error(`the policy ${scope} was not compiled`);
    return policy;
  };
  const policiesOf = (scopes: readonly string[]) => scopes.map(policyOf);
  const settings = new Map(parts.clusters.map((cluster) => [cluster.name, cluster]));
  const clusters = new Map<string, ClusterRules>();
  for (const { name, scopes, namespaces, shadow, explain } of plan.clusters) {
    const entries = namespaces.map((entry) => ({ match: entry.match, policies: policiesOf(entry.scopes) }));
    const everywhere = policiesOf(scopes);
    const everyPolicy = [...new Set([...everywhere, ...entries.flatMap(({ policies }) => policies)])];
    clusters.set(name, {
      name,
      policiesFor: createNamespaceSelection(everywhere, entries),
      everyPolicy,
      shadow: policiesOf(shadow),
      explain,
      impersonate: createImpersonateRules(settings.get(name)!.impersonate),
    });
  }
  const routes = new Map<string, RouteRules>(
    plan.routes.map(({ host, scopes, explain }) => [host, { policies: policiesOf(scopes), explain }]),
  );
  const applications = applicationsOf(parts.routes, routes);
  const api = new Map<ApiArea, readonly CompiledPolicy[]>(plan.api.map(({ area, scope }) => [area, [policyOf(scope)]]));
  const ruleCount = [...compiled.values()].reduce((sum, policy) => sum + policy.ruleCount, 0);
  const elevations = new Map(
    parts.elevations.map((entry, index) => {
      const { requesters, approvers, approverSets, reviewers } = plan.elevations[index]!;
      const policies = {
        requesters: policiesOf(requesters),
        approverSets:
          approvers.length > 0
            ? [{ name: onlySet, policies: policiesOf(approvers) }]
            : approverSets.map((set) => ({ name: set.name, policies: policiesOf(set.scopes) })),
        reviewers: policiesOf(reviewers),
      };
      return [entry.name, createElevationRules(entry, policies)];
    }),
  );
  const recordings = createRecordingRules(plan.recordings, policyOf);
  return { version, ruleCount, clusters, routes, applications, api, elevations, recordings };
}
