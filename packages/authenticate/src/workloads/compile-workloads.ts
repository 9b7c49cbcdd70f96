import { parseUserTemplate, type UserTemplate, type WorkloadConfig } from '@sallyport/contracts';
import type { KeySource } from './keys/key-source.ts';
import type { WorkloadMetrics } from './workload-metrics.ts';

/** Splits a text at the characters that `*` does not cross, and keeps them. */
const partsOf = (text: string) => text.split(/([/:])/);

function compilePart(pattern: string): (part: string) => boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop();
  if (last === undefined) return (part) => part === first;
  return (part) => {
    if (part.length < first.length + last.length || !part.startsWith(first) || !part.endsWith(last)) return false;
    const end = part.length - last.length;
    let at = first.length;
    for (const piece of rest) {
      const found = part.indexOf(piece, at);
      if (found < 0 || found + piece.length > end) return false;
      at = found + piece.length;
    }
    return true;
  };
}

/**
 * Compiles a pattern of a claim, in which `*` stands for any text without `/` and `:`. A person who may choose one part
 * of a claim, such as the name of a branch, can therefore not fill in others. Everything else is literal. The matcher takes
 * the leftmost place for each piece and never backtracks.
 */
export function compileClaimPattern(pattern: string): (text: string) => boolean {
  const matchers = partsOf(pattern).map(compilePart);
  return (text) => {
    const parts = partsOf(text);
    return parts.length === matchers.length && matchers.every((matches, index) => matches(parts[index]!));
  };
}

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

/** The workloads of the configuration, and where their tokens come from. */
export type Workloads = {
  compiled: readonly CompiledWorkload[];
  sources: readonly KeySource[];
  metrics: WorkloadMetrics;
};
