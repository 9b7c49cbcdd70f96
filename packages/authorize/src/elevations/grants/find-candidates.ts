import { isDnsLabel, type Check, type Elevation, lackingWords } from '@sallyport/contracts';
import { evaluatePolicy, namespaceOf, type CompiledPolicy, type PolicyInput } from '@sallyport/policy';
import type { CallerView } from '../../caller/caller-view.ts';
import { approverSetProgress } from '../../elevation-states/approvals.ts';
import { tighten } from '../../elevation-states/tighten.ts';
import type { ElevationRules } from '../../policies/elevation-rules.ts';
import type { ClusterRules, PolicySnapshot } from '../../policies/policy-set.ts';
import { elevationInput } from './elevate-caller.ts';

/** A caller can be refused as often as they like, and each entry costs as much as a decision. */
const maxTried = 20;

/** What was refused: the policies about it, and what they are evaluated with. */
type RefusedRequest = {
  check: Check;
  /** The caller without their elevations, which give no right to ask for others. */
  own: CallerView;
  cluster: ClusterRules;
  policies: readonly CompiledPolicy[];
  input: PolicyInput;
};

/** An elevation that the caller may ask for, and with which the policy would allow the request. */
type Candidate = {
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
function waitingFor({ rules, place }: Candidate, waiting: readonly Elevation[]): Elevation | undefined {
  return waiting.find(
    ({ name, cluster, namespace }) =>
      name === rules.entry.name && cluster === place.cluster && namespace === place.namespace,
  );
}

const suggestedMs = 30 * 60_000;

/** Returns the command that asks for an elevation. */
function commandOf({ rules, place }: Candidate): string {
  const { name, maxDuration, reason, ticket } = rules.entry;
  const minutes = Math.min(suggestedMs, maxDuration) / 60_000;
  return [
    `sallyport elevate ${name} --cluster ${place.cluster}`,
    ...(place.namespace === undefined ? [] : [`--namespace ${place.namespace}`]),
    `--for ${minutes >= 1 ? `${Math.floor(minutes)}m` : `${Math.floor(minutes * 60)}s`}`,
    ...(reason === 'required' ? ['--reason "..."'] : []),
    ...(ticket === 'required' || (typeof ticket === 'object' && ticket.required) ? ['--ticket ...'] : []),
  ].join(' ');
}

/** Says what a request that was made already is waiting for. */
function describeWaiting(elevation: Elevation, now: number): string {
  const { id, name, state, approvals, approvalsNeeded, startsAt } = elevation;
  const show = `To see it, run: sallyport elevations show ${id}`;
  const lacking = lackingWords({ ...elevation, approverSets: approverSetProgress(elevation) });
  const more = lacking === '' ? '' : `, needs ${lacking}`;
  if (state === 'pending')
    return `Your request for ${name} is waiting for approval (${approvals.length} of ${approvalsNeeded}${more}). ${show}`;
  const until =
    startsAt !== undefined && startsAt > now ? `begins at ${new Date(startsAt).toISOString()}` : 'begins soon';
  return `Your request for ${name} is approved and ${until}. ${show}`;
}

/** Says in a sentence what the caller can do to have an elevation. `waiting` are their requests that are not active yet. */
export function describeCandidate(candidate: Candidate, waiting: readonly Elevation[], now: number): string {
  const asked = waitingFor(candidate, waiting);
  return asked
    ? describeWaiting(tighten(asked, candidate.rules.terms), now)
    : `To ask for the right to it, run: ${commandOf(candidate)}`;
}

/** Says how to ask for the smallest elevation with which the policy would allow a request that it has refused. */
export function suggestElevation(
  refused: RefusedRequest,
  snapshot: PolicySnapshot,
  waiting: () => readonly Elevation[],
  now: number,
): string | undefined {
  const [smallest] = findCandidates(refused, snapshot, now);
  return smallest && describeCandidate(smallest, waiting(), now);
}
