import { setImmediate } from 'node:timers/promises';
import { createTimeSlicer, unpackDocuments, type AcceptedCandidate } from '@sallyport/kit';
import { compilePolicySliced, type CompiledPolicy } from '@sallyport/policy';
import { assembleSnapshot } from '../policies/assemble-snapshot.ts';
import type { PolicySnapshot } from '../policies/policy-set.ts';

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
