import { isDnsLabel, type Check, type Elevation } from '@sallyport/contracts';
import { evaluatePolicy, namespaceOf, type CompiledPolicy, type PolicyInput } from '@sallyport/policy';
import type { CallerView } from '../check/caller-view.ts';
import type { ClusterRules, PolicySnapshot } from '../policies/policy-set.ts';
import type { ElevationRules } from './elevation-rules.ts';
import { elevationInput } from './find-grants.ts';

/** A caller can be refused as often as they like, and each entry costs as much as a decision. */
const maxTried = 20;

/** What was refused: the policies about it, and what they are evaluated with. */
export type RefusedRequest = {
  check: Check;
  /** The caller without their elevations, which give no right to ask for others. */
  own: CallerView;
  cluster: ClusterRules;
  policies: readonly CompiledPolicy[];
  input: PolicyInput;
};

/** An elevation that the caller may ask for, and with which the policy would allow the request. */
export type Candidate = {
  rules: ElevationRules;
  place: { cluster: string; namespace?: string };
  /** The groups that it adds and that the cluster lets pass. */
  groups: readonly string[];
};

/** Returns the place for which an entry can be had so that it covers the request; undefined if there is none. */
function placeOf(
  { entry, covers }: ElevationRules,
  { check, cluster }: RefusedRequest,
): Candidate['place'] | undefined {
  const namespace = entry.namespaces == null ? undefined : namespaceOf(check.kubernetes) || undefined;
  // It comes from the request. No elevation can be asked for in a namespace that cannot exist.
  if (namespace !== undefined && !isDnsLabel(namespace)) return undefined;
  return covers(cluster.name, namespace)
    ? { cluster: cluster.name, ...(namespace === undefined ? {} : { namespace }) }
    : undefined;
}

/** Returns the input of the policies as it would be with an elevation. */
export function withElevation(input: PolicyInput, name: string, groups: readonly string[]): PolicyInput {
  const user = { ...input.user, groups: [...(input.user?.groups ?? []), ...groups] };
  return { ...input, user, elevations: [...(input.elevations ?? []), name] };
}

/** Reports whether the policies would allow the request with these groups. */
function wouldHelp(name: string, groups: readonly string[], { input, policies }: RefusedRequest): boolean {
  return groups.length > 0 && evaluatePolicy(policies, withElevation(input, name, groups)).effect === 'allow';
}

/**
 * Returns the elevations with which the policy would allow a refused request, the smallest first. Only entries that the
 * caller may ask for are found, so that an answer tells them nothing that they may not know.
 */
export function findCandidates(refused: RefusedRequest, snapshot: PolicySnapshot, now: number): Candidate[] {
  const { check, own, cluster } = refused;
  return [...snapshot.elevations.values()]
    .slice(0, maxTried)
    .flatMap((rules) => {
      const place = placeOf(rules, refused);
      if (!place) return [];
      const mayAsk =
        evaluatePolicy(rules.requesters, elevationInput(own, check.request, place, { now, onCall: snapshot.onCall }))
          .effect === 'allow';
      const groups = rules.entry.groups.filter((group) => cluster.impersonate.mayPassGroup(group));
      return mayAsk && wouldHelp(rules.entry.name, groups, refused) ? [{ rules, place, groups }] : [];
    })
    .toSorted((a, b) => a.rules.entry.groups.length - b.rules.entry.groups.length);
}

/** Returns the request of the caller for this elevation that is not active yet, if there is one. */
export function waitingFor({ rules, place }: Candidate, waiting: readonly Elevation[]): Elevation | undefined {
  return waiting.find(
    ({ name, cluster, namespace }) =>
      name === rules.entry.name && cluster === place.cluster && namespace === place.namespace,
  );
}
