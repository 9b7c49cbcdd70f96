import {
  isPartTrue,
  type AlternativeTrace,
  traceAlternatives,
  type CompiledPolicy,
  type PolicyInput,
  namespaceOf,
  extraVerbsOf,
  rulesAboutPerson,
} from '@sallyport/policy';
import { createTimeSlicer, ProblemError } from '@sallyport/kit';
import type { Check, Explanation, ExplainedRule } from '@sallyport/contracts';
import type { SessionLookup } from '@sallyport/stores';
import { inputOf } from '../caller/decide.ts';
import type { Answer } from '../check/answer.ts';
import type { HeldElevations } from '../elevations/keeper/held-elevations.ts';
import type { ClusterRules, PolicySnapshot } from '../policies/policy-set.ts';
import { createTrialCheck, noSuchCluster } from './trial-check.ts';

/** Returns how many parts of an alternative would have to change for it to hold. */
function distance(alternative: AlternativeTrace): number {
  if (alternative.holds) return 0;
  if (alternative.operator === 'or' || alternative.operator === 'nor') return 1;
  return alternative.criteria.filter((one) => !isPartTrue(alternative, one)).length;
}

/** Returns at most `max` rules in their order: those that hold, and those closest to it. */
function chooseRules(rules: readonly AlternativeTrace[], max: number): readonly AlternativeTrace[] {
  if (rules.length <= max) return rules;
  const ranked = rules
    .map((rule, index) => ({ index, distance: distance(rule) }))
    .toSorted((a, b) => a.distance - b.distance || a.index - b.index);
  return ranked
    .slice(0, max)
    .map(({ index }) => index)
    .toSorted((a, b) => a - b)
    .map((index) => rules[index]!);
}

const maxLength = 2000;

/** Returns a value for an explanation: unchanged, or the beginning of its JSON if that is long. */
function shorten(value: unknown): unknown {
  const json = JSON.stringify(value);
  return json === undefined || json.length <= maxLength ? value : `${json.slice(0, maxLength).toWellFormed()}...`;
}

const sliceMs = 5;

/**
 * Traces policies under the verb that decided. A large policy is traced a few milliseconds at a time, so that checks
 * are answered in between.
 */
async function traceInSlices(
  policies: readonly CompiledPolicy[],
  input: PolicyInput,
  evaluatedAs?: string,
): Promise<AlternativeTrace[]> {
  const slicer = createTimeSlicer(sliceMs);
  const traces: AlternativeTrace[] = [];
  for (const trace of traceAlternatives(policies, input, evaluatedAs)) {
    traces.push(trace);
    await slicer.turn();
  }
  return traces;
}

/** A check to explain, with its session. `other`: not the caller's; `privileged`: every rule may be shown. */
type Explained = {
  readonly check: Check;
  readonly found: SessionLookup | undefined;
  readonly other: boolean;
  readonly privileged: boolean;
  readonly held?: HeldElevations | undefined;
};

const maxRules = 200;

function ruleOf(
  { rule, ruleName, action, operator, holds, criteria }: AlternativeTrace,
  withData: boolean,
): ExplainedRule {
  return {
    rule,
    ...(ruleName === undefined ? {} : { ruleName }),
    action,
    operator,
    holds,
    criteria: criteria.map(({ name, holds: itself, open, unnamed, reason, value, data }) => ({
      name,
      holds: itself,
      open,
      unnamed,
      reason,
      ...(value === undefined ? {} : { value: shorten(value) }),
      ...(withData ? { data: shorten(data) } : {}),
    })),
  };
}

function describeRequest({ request, kubernetes }: Check): Explanation['asked'] {
  const {
    verb = '',
    resource = '',
    apiGroup = '',
    subresource = '',
    namespace = '',
    name = '',
    isResourceRequest = false,
    impersonate,
  } = kubernetes ?? {};
  return {
    verb,
    resource,
    apiGroup,
    subresource,
    namespace,
    name,
    isResourceRequest,
    method: request.method,
    path: request.path,
    impersonate,
  };
}

/**
 * Returns the rules about a user that they may see. For a request that reaches all namespaces, the deny rules of every
 * namespace apply, and their names reveal which namespaces there are. Of those only the one that decided is shown,
 * because the refusal names it anyway.
 */
function rulesToShow(
  traces: readonly AlternativeTrace[],
  { decided, cluster, namespace }: { decided: string; cluster: ClusterRules; namespace: string | undefined },
): readonly AlternativeTrace[] {
  const about = rulesAboutPerson(traces);
  if (namespace !== undefined) return about;
  const everywhere = new Set(cluster.policiesFor('').map(({ scope }) => scope));
  return about.filter(({ rule }) => rule === decided || everywhere.has(rule.slice(0, rule.lastIndexOf('['))));
}

/**
 * Returns the rules to show to a user who may not see all: none to someone without any access, who learns what a request
 * would tell them, and nothing more.
 */
function rulesShown(...args: Parameters<typeof rulesToShow>): readonly AlternativeTrace[] {
  const about = rulesToShow(...args);
  return about.some(({ action }) => action === 'allow') ? about : [];
}

/**
 * Explains the decision about a request to a cluster. The decision is the one that a check would get, but without side
 * effects: shadow policies are not evaluated, and the session does not count as used.
 */
export async function explainCheck(
  { check, found, other, privileged, held }: Explained,
  snapshot: PolicySnapshot,
  now: number,
): Promise<Explanation> {
  const answer = createTrialCheck(now, held, { hides: !privileged })(check, found, snapshot);
  if (check.target.kind !== 'cluster')
    throw new ProblemError('bad-request', 'Only requests to clusters can be explained.');
  if (found?.state !== 'live' || !answer.caller)
    throw new ProblemError('unauthenticated', answer.problem?.detail ?? 'Log in first.');
  const { name } = check.target;
  const rules = snapshot.clusters.get(name);
  if (!rules || answer.cluster === 'unknown') throw noSuchCluster(name, answer);
  const shows = privileged || rules.explain ? 'all' : 'yours';
  const input = inputOf(check, answer.caller, { ...check.kubernetes, cluster: name }, { now, onCall: snapshot.onCall });
  const namespace = namespaceOf(check.kubernetes);
  const traces = await traceInSlices(rules.policiesFor(namespace), input, answer.decision.evaluatedAs);
  const visible =
    shows === 'all' ? traces : rulesShown(traces, { decided: answer.decision.rule, cluster: rules, namespace });
  const shown = chooseRules(visible, maxRules);
  const { identity } = found.session;
  const { appearance, actsAs } = answer;
  const also = extraVerbsOf(check.kubernetes).map(({ verb }) => verb);
  return {
    cluster: name,
    asked: describeRequest(check),
    ...(also.length === 0 ? {} : { also }),
    decision: answer.decision,
    ...problemOf(answer),
    ...(answer.recording === undefined ? {} : { recording: answer.recording }),
    person: {
      user: identity.user,
      email: identity.email,
      groups: [...(answer.caller.user.groups ?? [])],
      other,
    },
    shows,
    rules: shown.map((rule) => ruleOf(rule, shows === 'all')),
    leftOut: visible.length - shown.length,
    ...(appearance && appearance.refusal === undefined
      ? { upstream: upstreamOf(actsAs ?? (JSON.parse(appearance.json) as NonNullable<Explanation['upstream']>)) }
      : {}),
  };
}

/** Returns what a refusal says. */
function problemOf({ problem }: Answer): Pick<Explanation, 'detail' | 'ruleMessage' | 'suggestion'> {
  if (!problem) return {};
  const { detail, ruleMessage, suggestion } = problem;
  return { detail, ruleMessage, suggestion };
}

function upstreamOf({
  user,
  groups,
  droppedGroups,
}: NonNullable<Explanation['upstream']>): NonNullable<Explanation['upstream']> {
  return { user, groups, droppedGroups };
}
