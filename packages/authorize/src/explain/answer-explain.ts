import { explainRequestSchema, type Check, type ExplainRequest, type Explanation } from '@sallyport/contracts';
import { ProblemError, type Logger } from '@sallyport/kit';
import { type SessionLookup, type SessionStore } from '@sallyport/stores';
import { refreshElevations } from '../elevations/refresh-elevations.ts';
import type { HeldElevations } from '../elevations/held-elevations.ts';
import type { PolicySet, PolicySnapshot } from '../policies/policy-set.ts';
import { createConcurrencyLimiter } from '../concurrency/concurrency-limiter.ts';
import { explainCheck } from './explain-check.ts';
import { findCallerSession, withStoreTimeout } from '../check/find-caller-session.ts';
import { findPerson } from './find-person.ts';
import { createTrialCheck } from './trial-check.ts';
import { parseBody } from './parse-body.ts';

type Deps = {
  sessions: Pick<SessionStore, 'find' | 'list'>;
  policies: Pick<PolicySet, 'current'>;
  held?: HeldElevations | undefined;
  logger: Logger;
  now: () => number;
  storeTimeoutMs: number;
};

/** Explaining a large policy costs as much as thousands of checks. */
const limits = { total: 4, message: 'Too many explanations are in progress. Try again shortly.' };

/** Reports whether `api.policy` lets the caller ask about other users. Decided here, not by the calling service. */
function mayExplainAll(check: Check, found: SessionLookup | undefined, snapshot: PolicySnapshot, now: number): boolean {
  return (
    createTrialCheck(now)(
      { credential: check.credential, target: { kind: 'api', area: 'policy' }, request: check.request },
      found,
      snapshot,
    ).decision.effect === 'allow'
  );
}

/** Creates the handler of `POST /v1/explain`. */
export function createAnswerExplain(deps: Deps): (text: string) => Promise<Explanation> {
  const limiter = createConcurrencyLimiter(limits);
  const explain = async ({ check, about }: ExplainRequest) => {
    const [found] = await Promise.all([findCallerSession(check, deps), refreshElevations(deps)]);
    const snapshot = deps.policies.current();
    const { held } = deps;
    const now = deps.now();
    const privileged = mayExplainAll(check, found, snapshot, now);
    if (about && found?.state === 'live' && !privileged)
      throw new ProblemError('forbidden', 'You may not ask about other users (api.policy.policy).');
    if (!about || found?.state !== 'live')
      return explainCheck({ check, found, other: false, privileged, held }, snapshot, now);
    const session = await withStoreTimeout(findPerson(about, { sessions: deps.sessions, now }), deps.storeTimeoutMs);
    const { clientCertificate: _own, ...request } = check.request;
    const theirCheck: Check = { ...check, request: { ...request, ip: about.ip ?? session.clientAddress ?? '' } };
    return explainCheck(
      {
        check: theirCheck,
        found: { state: 'live', session, idleEndsAt: session.expiresAt },
        other: true,
        privileged,
        held,
      },
      snapshot,
      now,
    );
  };
  return async (text) => {
    const request = parseBody(explainRequestSchema, text);
    const explanation = await limiter.run('', () => explain(request));
    const { cluster, decision, person, shows, rules } = explanation;
    deps.logger.info(
      {
        cluster,
        user: person.user,
        other: person.other,
        effect: decision.effect,
        rule: decision.rule,
        shows,
        rules: rules.length,
        policyVersion: decision.policyVersion,
      },
      'a decision was explained',
    );
    return explanation;
  };
}
