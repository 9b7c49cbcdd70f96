import type { ProviderConfig } from './provider.ts';
import { workloadPrefixes } from './workload-names.ts';
import type { WorkloadConfig } from './workload.ts';

type Named = Pick<ProviderConfig, 'id' | 'prefix' | 'userFallback'>;
const kinds = ['user', 'groups'] as const;

/**
 * Returns the prefixes of other providers and of workloads. A name from this provider must not begin with one of them.
 */
export function foreignPrefixes(
  provider: Named,
  all: readonly Named[],
  workloads: readonly Pick<WorkloadConfig, 'user'>[] = [],
): Record<(typeof kinds)[number], string[]> {
  const others = all.filter(({ id }) => id !== provider.id);
  // A prefix that begins with another provider's prefix belongs to this provider, not to the other one.
  const foreign = (kind: (typeof kinds)[number], more: string[] = []) =>
    [...new Set([...others.map(({ prefix }) => prefix[kind]), ...more])].filter(
      (prefix) => prefix !== '' && !provider.prefix[kind].startsWith(prefix),
    );
  return {
    user: foreign('user', [
      ...others.filter((one) => one.userFallback).map(({ id }) => `${id}:`),
      ...workloadPrefixes(workloads),
    ]),
    groups: foreign('groups'),
  };
}

/** Warns of providers whose users or groups may have the same names because their prefixes are the same. */
export function warnOfSharedNames(providers: readonly Named[]): { path: string; message: string }[] {
  return providers.flatMap((provider, index) =>
    kinds.flatMap((kind) => {
      const twin = providers.slice(0, index).find(({ prefix }) => prefix[kind] === provider.prefix[kind]);
      if (!twin) return [];
      const [what, example] = kind === 'user' ? ['users', 'alice@example.com'] : ['groups', 'developers'];
      const message = `is the same as that of ${twin.id}: policies and clusters cannot tell ${what} with the same name apart ("${provider.prefix[kind]}${example}" from either provider); set prefix.${kind} to something like "${provider.id}:" unless both mean the same ${what}`;
      return [{ path: `identity.providers.${index}.prefix.${kind}`, message }];
    }),
  );
}
