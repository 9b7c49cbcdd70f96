import { explainRequestSchema, type Check, type ExplainRequest, type Explanation } from '@sallyport/contracts';
import { ProblemError, type Logger } from '@sallyport/kit';
import { type SessionLookup, type SessionStore } from '@sallyport/stores';
import type { PolicySet, PolicySnapshot } from '../policies/policy-set.ts';
import { createTurns } from '../turns.ts';
import { explainCheck } from './explain-check.ts';
import { findAsking, soon } from '../check/find-asking.ts';
import { findPerson } from './find-person.ts';
import { judgeAside } from './judge-aside.ts';
import { readAs } from './read-as.ts';

type Deps = {
  sessions: Pick<SessionStore, 'find' | 'list'>;
  policies: Pick<PolicySet, 'current'>;
  logger: Logger;
  now: () => number;
  storeTimeoutMs: number;
};

/** An explanation of a large policy costs as much as thousands of checks. */
const atOnce = { all: 4, busy: 'Too much is being explained at the moment. Try again shortly.' };

/**
 * Whether `api.policy` lets the caller explain what is not their own; decided here and now, whatever the calling
 * service says.
 */
function mayExplainAll(check: Check, found: SessionLookup | undefined, snapshot: PolicySnapshot, now: number): boolean {
  return (
    judgeAside(now)(
      { credential: check.credential, target: { kind: 'api', area: 'policy' }, request: check.request },
      found,
      snapshot,
    ).decision.effect === 'allow'
  );
}

/** Creates what answers `POST /v1/explain`. */
export function createAnswerExplain(deps: Deps): (text: string) => Promise<Explanation> {
  const turns = createTurns(atOnce);
  const explain = async ({ check, about }: ExplainRequest) => {
    const found = await findAsking(check, deps);
    const snapshot = deps.policies.current();
    const now = deps.now();
    const privileged = mayExplainAll(check, found, snapshot, now);
    if (about && found?.state === 'live' && !privileged)
      throw new ProblemError('forbidden', 'Your rights do not let you ask about others (api.policy.policy).');
    if (!about || found?.state !== 'live')
      return explainCheck({ check, found, other: false, privileged }, snapshot, now);
    const session = await soon(findPerson(about, { sessions: deps.sessions, now }), deps.storeTimeoutMs);
    const { clientCertificate: _own, ...request } = check.request;
    const asThem: Check = { ...check, request: { ...request, ip: about.ip ?? session.clientAddress ?? '' } };
    return explainCheck(
      { check: asThem, found: { state: 'live', session, idleEndsAt: session.expiresAt }, other: true, privileged },
      snapshot,
      now,
    );
  };
  return async (text) => {
    const request = readAs(explainRequestSchema, text);
    const explanation = await turns.take('', () => explain(request));
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
