import type { ApiArea } from '@sallyport/contracts';
import type { CompiledPolicy, NamedRequest, OnCallInput } from '@sallyport/policy';
import type { ElevationRules } from './elevation-rules.ts';
import type { ImpersonateRules } from './impersonate-rules.ts';
import type { SelectPolicies } from './namespace-selection.ts';
import type { RecordingRules } from './recording-rules.ts';

/** The policies and settings that decide about one cluster. */
export type ClusterRules = {
  readonly name: string;
  /** Returns the policies for a request, in the order in which their rules are named. */
  readonly policiesFor: SelectPolicies;
  /** The policies of the cluster and of every namespace, each once. */
  readonly everyPolicy: readonly CompiledPolicy[];
  /** Evaluated in addition, never enforced. */
  readonly shadow: readonly CompiledPolicy[];
  /** Whether a refusal may say what would have been allowed. */
  readonly explain: boolean;
  /** Who may be impersonated there. */
  readonly impersonate: ImpersonateRules;
};

/** The policies that decide about one web application, and whether a refusal may say what would have been allowed. */
export type RouteRules = { readonly policies: readonly CompiledPolicy[]; readonly explain: boolean };

/** What decides about a web application that acts on clusters with the session of its user. */
export type ApplicationRules = RouteRules & {
  readonly host: string;
  /** The names of these clusters. */
  readonly clusters: ReadonlySet<string>;
  /** The requests to its route by which the policies say whether a person may use it. */
  readonly requests: readonly NamedRequest[];
};

/**
 * All policies at one time. A snapshot is never changed, only replaced as a whole. The cost of looking up a cluster
 * does not depend on how many there are.
 */
export type PolicySnapshot = {
  readonly version: string;
  readonly ruleCount: number;
  readonly clusters: ReadonlyMap<string, ClusterRules>;
  /** By host name. */
  readonly routes: ReadonlyMap<string, RouteRules>;
  /** The web applications that act on clusters, by the origin of their route. */
  readonly applications: ReadonlyMap<string, ApplicationRules>;
  readonly api: ReadonlyMap<ApiArea, readonly CompiledPolicy[]>;
  /** The elevations that can be asked for, by name. */
  readonly elevations: ReadonlyMap<string, ElevationRules>;
  /** Which sessions are recorded. */
  readonly recordings: RecordingRules;
  /** Who is on call. It changes without the policies, and remains when they change. */
  readonly onCall?: OnCallInput;
};

/** The snapshot in force. */
export type PolicySet = {
  current(): PolicySnapshot;
  /** Puts another snapshot into force and calls the listeners. */
  swap(next: PolicySnapshot): void;
  /** Puts other on-call lists into force, and calls the listeners if `tell`. */
  setOnCall(onCall: OnCallInput, options: { tell: boolean }): void;
  /** Calls back after every swap; returns how to stop. */
  onChange(listener: (snapshot: PolicySnapshot) => void): () => void;
};

/** Creates the set of compiled policies, which can be replaced while checks run. */
export function createPolicySet(initial: PolicySnapshot): PolicySet {
  let current = initial;
  const listeners = new Set<(snapshot: PolicySnapshot) => void>();
  return {
    current: () => current,
    swap(next) {
      current = current.onCall === undefined ? next : { ...next, onCall: current.onCall };
      for (const listener of listeners) listener(current);
    },
    setOnCall(onCall, { tell }) {
      current = { ...current, onCall };
      if (tell) for (const listener of listeners) listener(current);
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
