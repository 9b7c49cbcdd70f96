import {
  opensSession,
  readImpersonationTargets,
  type Impersonation,
  noSuchCluster,
  type Check,
  type Decision,
} from '@sallyport/contracts';
import type { SessionLookup } from '@sallyport/stores';
import { defaultDeny, namespaceOf } from '@sallyport/policy';
import { type CallerView, type CallerViews, applicationOf } from '../caller/caller-view.ts';
import { decide, decideWithMessage, inputOf } from '../caller/decide.ts';
import type { MayKnow } from '../clusters/may-know.ts';
import type { CountApprovals } from '../elevations/grants/approvals-waiting.ts';
import { canBeElevated, type ElevateCaller } from '../elevations/grants/elevate-caller.ts';
import { suggestElevation } from '../elevations/grants/find-candidates.ts';
import type { HeldElevations } from '../elevations/keeper/held-elevations.ts';
import type { ImpersonateRules } from '../policies/impersonate-rules.ts';
import type { PolicySnapshot } from '../policies/policy-set.ts';
import type { Answer } from './answer.ts';
import type { EvaluateShadow } from './evaluate-shadow.ts';
import { describeElevationEnd } from './describe-elevation-end.ts';
import { explainRefusal } from './explain-refusal.ts';
import { sessionEndedDetail, refusalDetail } from './refusal-detail.ts';
import { refuseAgent } from './refuse-agent.ts';
import { isMisused, refuseApplication } from './refuse-application.ts';

/** The identity as which a request goes upstream, or why it cannot. */
type ActsAs = { readonly identity: Impersonation; readonly refusal?: undefined } | { readonly refusal: string };

/**
 * Returns as whom a request that asks to act as another goes upstream, once the policy allows it. A name that the settings
 * of the cluster hold back is refused and never left out: without it, the request would be about someone else.
 */
function actAs(
  asked: readonly string[],
  caller: Pick<CallerView, 'acting'>,
  rules: Pick<ImpersonateRules, 'refuseTarget'>,
): ActsAs {
  const target = readImpersonationTargets(asked);
  if (!target) return { refusal: 'the request does not name one user to act as' };
  const refusal = rules.refuseTarget(target);
  return refusal === undefined ? { identity: caller.acting(target) } : { refusal };
}

/** Evaluates one check, given the session of its credential (undefined: there is no credential). */
export type EvaluateCheck = (check: Check, found: SessionLookup | undefined, snapshot: PolicySnapshot) => Answer;

type WaitingOf = HeldElevations['waitingOf'] | undefined;

function refuseAnonymous(detail: string, version: string): Answer {
  const decision: Decision = {
    effect: 'authenticate',
    rule: defaultDeny,
    reasons: ['user-unauthenticated'],
    policyVersion: version,
  };
  return { decision, problem: { code: 'unauthenticated', detail } };
}

/** What a refusal says besides the rule that refused. */
type Refusing = {
  readonly ruleMessage: string | undefined;
  readonly explain?: (() => string | undefined) | undefined;
  readonly suggest?: (() => string | undefined) | undefined;
};

/** Returns sentences as one text. */
const joinSentences = (...sentences: (string | undefined)[]): string =>
  sentences
    .filter((one) => one !== undefined)
    .map((one, index, all) => (index === all.length - 1 || /[.!?]$/.test(one) ? one : `${one}.`))
    .join(' ');

function answerDecision(
  decision: Decision,
  check: Check,
  caller: CallerView,
  { ruleMessage, explain, suggest }: Refusing,
): Answer {
  if (decision.effect === 'allow') return { decision, caller };
  if (decision.effect === 'authenticate')
    return { decision, caller, problem: { code: 'unauthenticated', detail: 'Log in again.' } };
  const refusal = refusalDetail(check, decision, caller.user, explain?.(), caller.session);
  const suggestion = suggest?.();
  const detail = joinSentences(refusal, ruleMessage, suggestion);
  return { decision, caller, problem: { code: 'forbidden', detail, ruleMessage, suggestion } };
}

/** The refusal of everyone to whom no rule could give anything, whatever there is. */
const noRule = (policyVersion: string): Decision => ({ effect: 'deny', rule: defaultDeny, reasons: [], policyVersion });

/**
 * Refuses a request to a cluster that does not exist, or of which the caller must not know. A 403 and not a 404, because a
 * 404 tells a client that an object is gone. What a deny rule says to the people whom it refuses is for them nevertheless.
 */
function refuseUnknown(name: string, caller: CallerView, decision: Decision, ruleMessage?: string): Answer {
  const detail = joinSentences(noSuchCluster(name), ruleMessage);
  return { decision, caller, cluster: 'unknown', problem: { code: 'forbidden', detail, ruleMessage } };
}

function evaluateForCluster(
  check: Check,
  name: string,
  { own, caller }: { own: CallerView; caller: CallerView },
  snapshot: PolicySnapshot,
  deps: { now: number; shadow: EvaluateShadow; waitingOf: WaitingOf; mayKnow: MayKnow | undefined },
): Answer {
  const cluster = snapshot.clusters.get(name);
  if (!cluster) return refuseUnknown(name, own, noRule(snapshot.version));
  const input = inputOf(
    check,
    caller,
    { ...check.kubernetes, cluster: name },
    { now: deps.now, onCall: snapshot.onCall },
  );
  const policies = cluster.policiesFor(namespaceOf(check.kubernetes));
  const { decision: decided, ruleMessage } = decideWithMessage(policies, input, snapshot.version);
  const about = { cluster, mayAsk: canBeElevated(check, own.source) };
  // Where a refusal may say what would be allowed, everyone may know.
  const hidden =
    decided.effect === 'deny' && !cluster.explain && deps.mayKnow?.cluster(own, about, snapshot, deps.now) === false;
  const decision = hidden ? noRule(snapshot.version) : decided;
  const shadow = deps.shadow(cluster, input, decision.effect);
  if (shadow) decision.shadow = shadow;
  if (hidden) return refuseUnknown(name, own, decision, ruleMessage);
  if (decision.effect !== 'allow')
    return answerDecision(decision, check, caller, {
      ruleMessage,
      explain: cluster.explain ? () => explainRefusal(policies, input) : undefined,
      suggest:
        snapshot.elevations.size === 0 || !about.mayAsk
          ? undefined
          : () =>
              suggestElevation(
                { check, own, cluster, policies, input },
                snapshot,
                () => deps.waitingOf?.(own.source.identity) ?? [],
                deps.now,
              ),
    });
  const appearance = caller.appearance(cluster.impersonate);
  const refuse = (detail: string): Answer => {
    const { ruleName: _allowed, ...rest } = decision;
    const refused: Decision = { ...rest, effect: 'deny', rule: `cluster/${name}.impersonate`, reasons: [] };
    return { decision: refused, caller, problem: { code: 'forbidden', detail: `${detail} (rule "${refused.rule}")` } };
  };
  if (appearance.refusal !== undefined)
    return refuse(`your user name ${appearance.refusal}, so it cannot be used on cluster "${name}"`);
  const recording = opensSession(check.kubernetes) ? snapshot.recordings.demandFor(input) : undefined;
  const asked = check.kubernetes?.impersonate;
  if (asked === undefined) return { decision, caller, appearance, recording };
  const acting = actAs(asked, caller, cluster.impersonate);
  if (acting.refusal !== undefined) return refuse(`you cannot act as another on cluster "${name}": ${acting.refusal}`);
  return { decision, caller, appearance, recording, actsAs: acting.identity };
}

/**
 * Evaluates a request to a web application. Everyone to whom no rule could give anything is refused in the words for one
 * that does not exist.
 */
function evaluateForRoute(
  check: Check,
  host: string,
  caller: CallerView,
  snapshot: PolicySnapshot,
  { now, mayKnow }: { now: number; mayKnow: MayKnow | undefined },
): Answer {
  const { policies = [], explain = false } = snapshot.routes.get(host) ?? {};
  const input = inputOf(check, caller, undefined, { now, onCall: snapshot.onCall });
  const { decision, ruleMessage } = decideWithMessage(policies, input, snapshot.version);
  if (decision.effect === 'deny' && !explain && mayKnow?.route(caller, host, snapshot, now) === false)
    return answerDecision(noRule(snapshot.version), check, caller, { ruleMessage });
  return answerDecision(decision, check, caller, {
    ruleMessage,
    explain: explain ? () => explainRefusal(policies, input) : undefined,
  });
}

/**
 * Evaluates a call of the gateway's own API. Of a service account that the caller asks to create, it also says whether
 * the policy keeps the name from them. Without a policy about names, it keeps none.
 */
function evaluateForApi(
  check: Check,
  { area, serviceAccount, cluster }: Extract<Check['target'], { kind: 'api' }>,
  caller: CallerView,
  snapshot: PolicySnapshot,
  now: number,
): Answer {
  // Only rules about recordings are about a session on a cluster.
  const session = area === 'recordings' && cluster !== undefined ? { ...check.kubernetes, cluster } : undefined;
  const input = inputOf(check, caller, session, { now, onCall: snapshot.onCall });
  const { decision, ruleMessage } = decideWithMessage(snapshot.api.get(area) ?? [], input, snapshot.version);
  const answer = answerDecision(decision, check, caller, { ruleMessage });
  const aboutNames = snapshot.api.get('serviceAccountNames');
  if (serviceAccount === undefined || !aboutNames) return answer;
  const { effect } = decide(aboutNames, { ...input, serviceAccount }, snapshot.version);
  return effect === 'allow' ? answer : { ...answer, reservedName: true };
}

/**
 * Creates the evaluation of checks. An unauthenticated caller gets the same answer for every request, so that it
 * reveals nothing.
 */
export function createEvaluateCheck(deps: {
  callers: CallerViews;
  now: () => number;
  shadow: EvaluateShadow;
  /** Adds what elevations give. Without it there are none. */
  elevate?: ElevateCaller | undefined;
  /** The elevations that a person has asked for and does not have yet. */
  waitingOf?: WaitingOf;
  /** Finds an elevation that may have ended. */
  findElevation?: HeldElevations['find'] | undefined;
  /** Who may know of a cluster, and of the rules of a web application. Without it, everyone. */
  mayKnow?: MayKnow | undefined;
  /** Counts what waits for the approval of the caller. Without it nothing is said of it. */
  countApprovals?: CountApprovals | undefined;
}): EvaluateCheck {
  return (check, found, snapshot) => {
    const { version } = snapshot;
    if (found === undefined) return refuseAnonymous('Log in first.', version);
    if (found.state === 'revoked') return refuseAnonymous(sessionEndedDetail(found.tombstone.reason), version);
    const now = deps.now();
    // The store returns only live sessions. This check does not rely on its clock.
    if (found.state !== 'live' || !(found.session.expiresAt > now) || !found.session.identity.user)
      return {
        ...refuseAnonymous('This login is unknown or has expired. Log in again.', version),
        // Only the proxy acts on this. Clients are told nothing that distinguishes one refusal from another.
        ...(found.state === 'unknown' ? { credential: 'unknown' } : {}),
      };
    if (isMisused(check, found.session))
      return refuseAnonymous('This credential belongs to a web application and cannot be used here.', version);
    const { target } = check;
    const caller = deps.callers.of(found.session, applicationOf(check));
    const outside = refuseAgent(found.session, check, version) ?? refuseApplication(check, caller, snapshot, now);
    if (outside) return { ...outside, caller };
    if (target.kind === 'cluster') {
      const elevated = deps.elevate?.(caller, check, snapshot, now) ?? caller;
      const answer = evaluateForCluster(check, target.name, { own: caller, caller: elevated }, snapshot, {
        now,
        shadow: deps.shadow,
        waitingOf: deps.waitingOf,
        mayKnow: deps.mayKnow,
      });
      const waiting =
        answer.decision.effect === 'allow' ? deps.countApprovals?.(caller, check, snapshot, now) : undefined;
      const ended =
        check.elevations && deps.findElevation
          ? describeElevationEnd(check.elevations, { own: caller, caller: elevated }, snapshot, {
              find: deps.findElevation,
              now,
            })
          : undefined;
      if (waiting === undefined && ended === undefined) return answer;
      return {
        ...answer,
        ...(waiting === undefined ? {} : { approvalsWaiting: waiting }),
        ...(ended === undefined ? {} : { elevationEnded: ended }),
      };
    }
    if (target.kind === 'route')
      return evaluateForRoute(check, target.host, caller, snapshot, { now, mayKnow: deps.mayKnow });
    if (target.kind === 'api') return evaluateForApi(check, target, caller, snapshot, now);
    return { decision: { effect: 'allow', rule: 'self', reasons: ['user-ok'], policyVersion: version }, caller };
  };
}
