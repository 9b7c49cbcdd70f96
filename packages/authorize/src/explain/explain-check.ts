import type { Check, Explanation, ExplainedRule } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { type SessionLookup } from '@sallyport/stores';
import { namespaceOf, extraVerbsOf, rulesAboutPerson, type AlternativeTrace } from '@sallyport/policy';
import { inputOf } from '../check/decide.ts';
import type { ClusterRules, PolicySnapshot } from '../policies/policy-set.ts';
import { chooseRules } from './choose-rules.ts';
import { createTrialCheck } from './trial-check.ts';
import { noSuchCluster } from './no-such-cluster.ts';
import { shorten } from './shorten.ts';
import { traceInSlices } from './trace-in-slices.ts';

/** A check to be explained: whose it is, and whether every rule may be shown. */
export type Explained = {
  readonly check: Check;
  readonly found: SessionLookup | undefined;
  readonly other: boolean;
  readonly privileged: boolean;
};

const mostRules = 200;

function ruleOf({ rule, action, operator, holds, criteria }: AlternativeTrace, withData: boolean): ExplainedRule {
  return {
    rule,
    action,
    operator,
    holds,
    criteria: criteria.map(({ name, holds: itself, open, reason, value, data }) => ({
      name,
      holds: itself,
      ...(open === undefined ? {} : { open }),
      reason,
      ...(value === undefined ? {} : { value: shorten(value) }),
      ...(withData ? { data: shorten(data) } : {}),
    })),
  };
}

function askedOf({ request, kubernetes }: Check): Explanation['asked'] {
  const {
    verb = '',
    resource = '',
    apiGroup = '',
    subresource = '',
    namespace = '',
    name = '',
    isResourceRequest = false,
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
  };
}

/**
 * Of the rules about a person, those that they may be shown. A request that reaches all namespaces falls under what the
 * policies of each of them deny, and the names of these rules tell which namespaces there are: of those only the one
 * that decided is told, as it is to whom it refuses.
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
 * Says of a request to a cluster what is decided and why. Nothing is held against the caller, no shadow policy is
 * asked, and what is decided is what a check would get.
 */
export async function explainCheck(
  { check, found, other, privileged }: Explained,
  snapshot: PolicySnapshot,
  now: number,
): Promise<Explanation> {
  const answer = createTrialCheck(now)(check, found, snapshot);
  if (check.target.kind !== 'cluster')
    throw new ProblemError('bad-request', 'Only requests to clusters can be explained.');
  if (found?.state !== 'live' || !answer.caller)
    throw new ProblemError('unauthenticated', answer.problem?.detail ?? 'Log in first.');
  const { name } = check.target;
  const rules = snapshot.clusters.get(name);
  if (!rules) throw noSuchCluster(name);
  const shows = privileged || rules.explain ? 'all' : 'yours';
  const input = inputOf(check, answer.caller, { ...check.kubernetes, cluster: name }, now);
  const namespace = namespaceOf(check.kubernetes);
  const traces = await traceInSlices(rules.policiesFor(namespace), input, answer.decision.judgedAs);
  const visible =
    shows === 'all' ? traces : rulesToShow(traces, { decided: answer.decision.rule, cluster: rules, namespace });
  if (shows === 'yours' && !visible.some(({ action }) => action === 'allow')) throw noSuchCluster(name);
  const shown = chooseRules(visible, mostRules);
  const { identity } = found.session;
  const { appearance } = answer;
  const also = extraVerbsOf(check.kubernetes).map(({ verb }) => verb);
  return {
    cluster: name,
    asked: askedOf(check),
    ...(also.length === 0 ? {} : { also }),
    decision: answer.decision,
    ...(answer.problem ? { detail: answer.problem.detail } : {}),
    person: {
      user: identity.user,
      ...(identity.email === undefined ? {} : { email: identity.email }),
      groups: identity.groups,
      other,
    },
    shows,
    rules: shown.map((rule) => ruleOf(rule, shows === 'all')),
    leftOut: visible.length - shown.length,
    ...(appearance && appearance.refusal === undefined ? { upstream: upstreamOf(appearance.json) } : {}),
  };
}

function upstreamOf(json: string): NonNullable<Explanation['upstream']> {
  const { user, groups, droppedGroups } = JSON.parse(json) as NonNullable<Explanation['upstream']>;
  return { user, groups, droppedGroups };
}
