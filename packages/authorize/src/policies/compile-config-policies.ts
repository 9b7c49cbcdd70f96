import { apiAreas, type ApiArea, type Config } from '@sallyport/contracts';
import { ConfigFaults, type ConfigFault, type LoadedConfig } from '@sallyport/kit';
import { compilePolicy, policyVersion, type CompiledPolicy, type PolicyFault } from '@sallyport/policy';
import { createImpersonateRules } from './impersonate-rules.ts';
import type { ClusterRules, PolicySnapshot } from './policy-set.ts';

/** The snapshot of a configuration, and what is allowed but probably not meant. */
export type CompiledConfigPolicies = { readonly snapshot: PolicySnapshot; readonly warnings: readonly ConfigFault[] };

type Source = Pick<LoadedConfig, 'file' | 'place'> & { config: Pick<Config, 'clusters' | 'api'> };

function createCompiler({ place }: Source) {
  const faults: ConfigFault[] = [];
  const warnings: ConfigFault[] = [];
  const documents: Record<string, unknown> = {};
  let ruleCount = 0;
  const tell = (list: ConfigFault[], at: PropertyKey[], found: readonly PolicyFault[]) => {
    for (const { path, message, hint } of found) list.push({ path: [...at, ...path].join('.'), message, ...(hint === undefined ? {} : { hint }), ...place([...at, ...path]) });
  };
  const compile = (document: unknown, scope: string, at: PropertyKey[]): readonly CompiledPolicy[] => {
    if (document === undefined || document === null) return [];
    const compiled = compilePolicy(document, { scope });
    if (!compiled.ok) {
      tell(faults, at, compiled.faults);
      return [];
    }
    tell(warnings, at, compiled.warnings);
    documents[scope] = document;
    ruleCount += compiled.policy.ruleCount;
    return [compiled.policy];
  };
  const warn = (at: PropertyKey[], message: string) => tell(warnings, at, [{ path: [], message }]);
  return { compile, warn, faults, warnings, finish: () => ({ version: policyVersion(documents), ruleCount }) };
}

/** Compiles every policy of a configuration. Throws ConfigFaults with all faults of all policies; a place without a policy allows nothing. */
export function compileConfigPolicies(source: Source): CompiledConfigPolicies {
  const { compile, warn, faults, warnings, finish } = createCompiler(source);
  const clusters = new Map<string, ClusterRules>();
  source.config.clusters.forEach(({ name, policy, impersonate }, index) => {
    const at = ['clusters', index, 'policy'];
    const policies = compile(policy, `cluster/${name}`, at);
    if (policy === undefined || policy === null) warn(at, 'is missing: nobody may do anything on this cluster');
    clusters.set(name, { name, policies, impersonate: createImpersonateRules(impersonate) });
  });
  const api = new Map<ApiArea, readonly CompiledPolicy[]>();
  for (const area of apiAreas) api.set(area, compile(source.config.api.policy[area], `api/${area}`, ['api', 'policy', area]));
  if (faults.length > 0) throw new ConfigFaults(source.file, faults);
  return { snapshot: { ...finish(), clusters, api }, warnings };
}
