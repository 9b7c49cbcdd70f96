import {
  isLogin,
  type AskedPerson,
  type Session,
  explainRequestSchema,
  type Check,
  type ExplainRequest,
  type Explanation,
} from '@sallyport/contracts';
import { createConcurrencyLimiter, ProblemError, type Logger } from '@sallyport/kit';
import type { SessionStore, SessionLookup } from '@sallyport/stores';
import { findCallerSession, withStoreTimeout, type CallerDeps } from '../caller/find-caller-session.ts';
import { refreshElevations, type HeldElevations } from '../elevations/keeper/held-elevations.ts';
import { parseBody } from '../http/parse-body.ts';
import type { PolicySnapshot } from '../policies/policy-set.ts';
import { explainCheck } from './explain-check.ts';
import { createTrialCheck } from './trial-check.ts';

const unknown = (user: string) =>
  new ProblemError(
    'not-found',
    `No user with the name ${JSON.stringify(user.slice(0, 253))} is logged in, so their groups are unknown. Give the groups to assume.`,
  );

/**
 * Returns the session with which to evaluate a question about another user: one with the given values, or, if only the
 * name is given, their latest live session.
 */
async function findPerson(
  about: AskedPerson,
  deps: { sessions: Pick<SessionStore, 'list'>; now: number },
): Promise<Session> {
  const { user, email, groups, claims } = about;
  if (groups === undefined && claims === undefined) {
    const found = (await deps.sessions.list())
      .filter(isLogin)
      .findLast(
        ({ identity, expiresAt }) => (identity.user === user || identity.email === user) && expiresAt > deps.now,
      );
    if (!found) throw unknown(user);
    return email === undefined ? found : { ...found, identity: { ...found.identity, email } };
  }
  const address = email ?? (user.includes('@') ? user : undefined);
  return {
    version: 1,
    id: 'asked',
    kind: 'cli',
    createdAt: deps.now,
    expiresAt: deps.now + 60_000,
    idleMs: 60_000,
    identity: {
      provider: '',
      issuer: '',
      subject: '',
      user,
      ...(address === undefined ? {} : { email: address }),
      groups: groups ?? [],
      claims: claims ?? {},
      amr: [],
    },
  };
}

type Deps = CallerDeps & {
  sessions: Pick<SessionStore, 'find' | 'list'>;
  held?: HeldElevations | undefined;
  logger: Logger;
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
        ruleName: decision.ruleName,
        shows,
        rules: rules.length,
        policyVersion: decision.policyVersion,
      },
      'a decision was explained',
    );
    return explanation;
  };
}
