import { setImmediate } from 'node:timers/promises';
import type { Config } from '@sallyport/contracts';
import {
  checkPolicies,
  ConfigFaults,
  policiesVersion,
  type ConfigFault,
  type LoadedConfig,
  createTimeSlicer,
  unpackDocuments,
  type AcceptedCandidate,
} from '@sallyport/kit';
import {
  compilePolicy,
  lintPolicies,
  policyVersion,
  compilePolicySliced,
  type CompiledPolicy,
} from '@sallyport/policy';
import { assembleSnapshot } from './assemble-snapshot.ts';
import type { PolicySnapshot } from './policy-set.ts';

/** The snapshot of a configuration, and warnings about what is valid but probably a mistake. */
export type CompiledConfigPolicies = { readonly snapshot: PolicySnapshot; readonly warnings: readonly ConfigFault[] };

type Source = Pick<LoadedConfig, 'file' | 'place'> & {
  config: Pick<Config, 'clusters' | 'api'> &
    Partial<Pick<Config, 'policies' | 'policy' | 'shadow' | 'explain' | 'routes' | 'elevations' | 'recordings'>>;
};

function versionOf(file: string, version: () => string): string {
  try {
    return version();
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigFaults(file, [{ path: '', message: error.message }]);
    throw error;
  }
}

/**
 * Compiles every policy of a configuration. Throws ConfigFaults with all faults of all policies. A place without a
 * policy allows nothing.
 */
export function compileConfigPolicies({ config, file, place }: Source): CompiledConfigPolicies {
  const { plan, compiled, faults, warnings } = checkPolicies(
    { data: config, place },
    { compilePolicy, lintPolicies, policyVersion },
  );
  if (faults.length > 0) throw new ConfigFaults(file, faults);
  const version = versionOf(file, () => policiesVersion(plan, config, { policyVersion }));
  const { clusters, routes = [], elevations = [] } = config;
  return { snapshot: assembleSnapshot({ plan, compiled, version, clusters, routes, elevations }), warnings };
}

const sliceMs = 4;

/**
 * Compiles a configuration that was read and checked on another thread, in slices of a few milliseconds, so that checks
 * are answered in between.
 */
export async function compileCandidate(candidate: AcceptedCandidate): Promise<PolicySnapshot> {
  const documents = await unpackDocuments(candidate.documents, createTimeSlicer(sliceMs).turn);
  const compiled = new Map<string, CompiledPolicy>();
  for (const { scope, document } of documents) {
    const result = await compilePolicySliced(document, { scope, pause: setImmediate, sliceMs });
    // It was compiled before, when it was read.
    if (!result.ok) throw new Error(`the policy ${scope} was checked but does not compile`);
    compiled.set(scope, result.policy);
  }
  const { plan, version, config } = candidate;
  const { clusters, routes, elevations } = config;
  return assembleSnapshot({ plan, compiled, version, clusters, routes, elevations });
}
