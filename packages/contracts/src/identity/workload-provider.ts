import type { SessionKind } from './session.ts';

const prefix = 'workload/';

/** Returns the provider in the identity of a workload, which has no identity provider. */
export const workloadProvider = (name: string): string => `${prefix}${name}`;

/** Returns the name of the workload whose session it is, or undefined for sessions of others. */
export function workloadNameOf({ kind, provider }: { kind: SessionKind; provider: string }): string | undefined {
  return kind === 'workload' && provider.startsWith(prefix) ? provider.slice(prefix.length) : undefined;
}
