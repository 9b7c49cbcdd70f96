import type { ApiArea } from '@sallyport/contracts';
import type { CompiledPolicy } from '@sallyport/policy';
import type { ImpersonateRules } from './impersonate-rules.ts';
import type { SelectPolicies } from './namespace-selection.ts';

/** What decides about one cluster. */
export type ClusterRules = {
  readonly name: string;
  /** The policies of a request, in the order in which their rules are named. */
  readonly policiesFor: SelectPolicies;
  /** Those of every namespace, each once. */
  readonly everyPolicy: readonly CompiledPolicy[];
  /** Judged beside them, never enforced. */
  readonly shadow: readonly CompiledPolicy[];
  /** A refusal may say what would have been allowed. */
  readonly explain: boolean;
  /** Who may be impersonated there. */
  readonly impersonate: ImpersonateRules;
};

/**
 * Everything decided from, as it was at one moment: never changed, only replaced as a whole. Looking up a cluster costs
 * the same however many there are.
 */
export type PolicySnapshot = {
  readonly version: string;
  readonly ruleCount: number;
  readonly clusters: ReadonlyMap<string, ClusterRules>;
  readonly api: ReadonlyMap<ApiArea, readonly CompiledPolicy[]>;
};

/** The snapshot in force. */
export type PolicySet = {
  current(): PolicySnapshot;
  /** Puts another snapshot in force, at once and whole, and tells the listeners. */
  swap(next: PolicySnapshot): void;
  /** Calls back after every swap; returns how to stop. */
  onChange(listener: (snapshot: PolicySnapshot) => void): () => void;
};

/** Holds the compiled policies so that they can be replaced while checks run. */
export function createPolicySet(initial: PolicySnapshot): PolicySet {
  let current = initial;
  const listeners = new Set<(snapshot: PolicySnapshot) => void>();
  return {
    current: () => current,
    swap(next) {
      current = next;
      for (const listener of listeners) listener(next);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
