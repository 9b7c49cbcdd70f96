import { mayReach, runSteps, type PolicyInput, type Steps } from '@sallyport/policy';
import type { CallerView } from '../caller/caller-view.ts';
import type { ClusterRules, PolicySnapshot } from '../policies/policy-set.ts';

/** Returns the input for what is certain about a person, whatever they request. */
function inputFor({ source, user, session }: CallerView, { onCall }: PolicySnapshot, now: number): PolicyInput {
  const request = { method: 'GET', path: '/', host: '', ip: source.clientAddress ?? '' };
  return { user, session, request, ...(onCall ? { onCall } : {}), now };
}

/**
 * Determines in steps whether a person may know of a cluster: a rule could allow them something there, or they can ask for
 * elevations (`mayAsk`) and could ask for one there. Everyone else is answered as if there were no such cluster. `person`
 * has the groups of the login only.
 */
export function* mayKnowCluster(
  person: CallerView,
  { cluster: { name, everyPolicy }, mayAsk }: { cluster: ClusterRules; mayAsk: boolean },
  snapshot: PolicySnapshot,
  now: number,
): Steps<boolean> {
  const input = { ...inputFor(person, snapshot, now), kubernetes: { cluster: name } };
  if (yield* mayReach(everyPolicy, input)) return true;
  for (const { coversCluster, requesters } of mayAsk ? snapshot.elevations.values() : []) {
    if (coversCluster(name) && (yield* mayReach(requesters, input))) return true;
    yield;
  }
  return false;
}

/** Determines in steps whether a rule of a web application could allow a person something. */
export function* mayKnowRoute(person: CallerView, host: string, snapshot: PolicySnapshot, now: number): Steps<boolean> {
  const input = inputFor(person, snapshot, now);
  return yield* mayReach(snapshot.routes.get(host)?.policies ?? [], {
    ...input,
    request: { ...input.request!, host },
  });
}

/** Reports whether a person may know of a cluster, and of the rules of a web application. */
export type MayKnow = {
  cluster(
    person: CallerView,
    about: { cluster: ClusterRules; mayAsk: boolean },
    snapshot: PolicySnapshot,
    now: number,
  ): boolean;
  route(person: CallerView, host: string, snapshot: PolicySnapshot, now: number): boolean;
};

/** To find an answer takes longer than a decision, and a caller can be refused as often as they like. */
const keptMs = 10_000;

/** Creates the look-up of who may know of what. An answer is kept for a while, for the same session and policies. */
export function createMayKnow(): MayKnow {
  type Kept = { snapshot: PolicySnapshot; until: number; answers: Map<string, boolean> };
  const known = new WeakMap<CallerView, Kept>();
  const keep = (person: CallerView, snapshot: PolicySnapshot, now: number): Map<string, boolean> => {
    const kept = known.get(person);
    if (kept?.snapshot === snapshot && now < kept.until) return kept.answers;
    const answers = new Map<string, boolean>();
    known.set(person, { snapshot, until: now + keptMs, answers });
    return answers;
  };
  const answer = (answers: Map<string, boolean>, key: string, steps: () => Steps<boolean>): boolean => {
    const found = answers.get(key) ?? runSteps(steps());
    answers.set(key, found);
    return found;
  };
  return {
    cluster: (person, about, snapshot, now) =>
      answer(keep(person, snapshot, now), JSON.stringify([about.cluster.name, about.mayAsk]), () =>
        mayKnowCluster(person, about, snapshot, now),
      ),
    route: (person, host, snapshot, now) =>
      answer(keep(person, snapshot, now), host, () => mayKnowRoute(person, host, snapshot, now)),
  };
}
