import { parseUserTemplate, type UserTemplate, type WorkloadConfig } from '@sallyport/contracts';
import type { KeySource } from './keys/key-source.ts';
import { compileClaimPattern } from './token/compile-claim-pattern.ts';

/** A workload of the configuration, ready to be matched. */
export type CompiledWorkload = {
  name: string;
  source: KeySource;
  audience: string;
  match: readonly { claim: string; matches(value: unknown): boolean }[];
  user: UserTemplate;
  groups: readonly string[];
  maxLifetimeMs: number;
};

function compileMatch(expected: string | boolean | string[]): (value: unknown) => boolean {
  if (typeof expected === 'boolean') return (value) => value === expected;
  const patterns = [expected].flat().map(compileClaimPattern);
  return (value) => typeof value === 'string' && value.length <= 1024 && patterns.some((matches) => matches(value));
}

/** Compiles the workloads, in the order in which they are tried. `sourceOf` returns the same source for the same issuer. */
export function compileWorkloads(
  workloads: readonly WorkloadConfig[],
  sourceOf: (workload: WorkloadConfig) => KeySource,
): CompiledWorkload[] {
  return workloads.map((workload) => {
    const user = parseUserTemplate(workload.user);
    if (typeof user === 'string') throw new TypeError(user);
    return {
      name: workload.name,
      source: sourceOf(workload),
      audience: workload.audience,
      match: Object.entries(workload.match).map(([claim, expected]) => ({ claim, matches: compileMatch(expected) })),
      user,
      groups: workload.groups,
      maxLifetimeMs: workload.maxLifetime,
    };
  });
}
