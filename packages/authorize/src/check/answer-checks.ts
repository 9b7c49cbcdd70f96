import type { Check } from '@sallyport/contracts';
import { ProblemError, toProblem, withDeadline, type Logger } from '@sallyport/kit';
import type { SessionLookup, SessionStore } from '@sallyport/stores';
import { defaultDeny } from '@sallyport/policy';
import { sessionsUnavailable } from '../caller/find-caller-session.ts';
import { type HeldElevations, refreshElevations } from '../elevations/keeper/held-elevations.ts';
import type { PolicySet, PolicySnapshot } from '../policies/policy-set.ts';
import { writeAnswer } from './answer.ts';
import type { EvaluateCheck } from './evaluate-check.ts';
import type { IdleRenewal } from './idle-renewal.ts';

/** Answers a batch with the JSON of each CheckAnswer. `afterwards` is to be called once they have been sent. */
export type AnswerChecks = (checks: readonly Check[]) => Promise<{ answers: string[]; afterwards: () => void }>;

type Deps = {
  sessions: Pick<SessionStore, 'find'>;
  policies: PolicySet;
  evaluate: EvaluateCheck;
  renewal: IdleRenewal;
  logger: Logger;
  storeTimeoutMs: number;
  held?: Pick<HeldElevations, 'refresh'> | undefined;
};
type Found = ReadonlyMap<string, SessionLookup>;

function distinctHashes(checks: readonly Check[]): string[] {
  const hashes = new Set<string>();
  for (const { credential } of checks) if (credential.kind === 'token') hashes.add(credential.hash);
  return [...hashes];
}

/** Reads every session of the batch once, in one call. Anything but one result per hash counts as a failure. */
async function findSessions(hashes: readonly string[], { sessions, storeTimeoutMs }: Deps): Promise<Found> {
  if (hashes.length === 0) return new Map();
  let lookups: SessionLookup[];
  try {
    lookups = await withDeadline(sessions.find(hashes), storeTimeoutMs, sessionsUnavailable);
  } catch (cause) {
    throw cause instanceof ProblemError && cause.code === 'sessions-unavailable'
      ? cause
      : new ProblemError('sessions-unavailable', sessionsUnavailable().detail, { cause });
  }
  if (lookups.length !== hashes.length) throw sessionsUnavailable();
  return new Map(hashes.map((hash, index) => [hash, lookups[index]!]));
}

/**
 * Reads the sessions, and in the same round trip whether elevations have changed. A configuration without elevations asks
 * nothing.
 */
async function findAll(checks: readonly Check[], deps: Deps): Promise<Found> {
  const found = findSessions(distinctHashes(checks), deps);
  const refreshed = refreshElevations(deps);
  return refreshed === undefined ? found : (await Promise.all([found, refreshed]))[0];
}

/** Returns the hashes of sessions that no check of the batch uses (`use: false`); undefined if there are none. */
function idleHashes(checks: readonly Check[]): Set<string> | undefined {
  let idle: Set<string> | undefined;
  for (const { credential, use } of checks)
    if (use === false && credential.kind === 'token') (idle ??= new Set()).add(credential.hash);
  if (idle)
    for (const { credential, use } of checks)
      if (use !== false && credential.kind === 'token') idle.delete(credential.hash);
  return idle;
}

const idleEndOf = ({ idleEndsAt, parent }: SessionLookup & { state: 'live' }) =>
  Math.min(idleEndsAt, parent?.idleEndsAt ?? Infinity);

/** Answers one check. If it fails, only this check is refused; the others of its batch are answered. */
function answerOne(check: Check, found: Found, snapshot: PolicySnapshot, { evaluate, logger }: Deps): string {
  try {
    const lookup = check.credential.kind === 'token' ? found.get(check.credential.hash) : undefined;
    const answer = evaluate(check, lookup, snapshot);
    return writeAnswer(
      check.use === false && lookup?.state === 'live' ? { ...answer, idleEndsAt: idleEndOf(lookup) } : answer,
    );
  } catch (error) {
    logger.error({ err: error, target: check.target }, 'a check failed and was refused');
    const { code, detail } = toProblem(undefined);
    return writeAnswer({
      decision: { effect: 'deny', rule: defaultDeny, reasons: [], policyVersion: snapshot.version },
      problem: { code, detail },
    });
  }
}

/**
 * Creates what answers checks that arrived together. Every session is read again for every batch. Rejects with
 * `sessions-unavailable` if they cannot be read in time.
 */
export function createAnswerChecks(deps: Deps): AnswerChecks {
  return async (checks) => {
    const found = await findAll(checks, deps);
    // One snapshot for the whole batch, taken after the wait, so that the newest policy decides.
    const snapshot = deps.policies.current();
    const answers = checks.map((check) => answerOne(check, found, snapshot, deps));
    if (deps.logger.isLevelEnabled('debug'))
      deps.logger.debug(
        { checks: checks.length, sessions: found.size, policyVersion: snapshot.version },
        'checks answered',
      );
    const afterwards = () => {
      const idle = idleHashes(checks);
      for (const [hash, lookup] of found)
        if (lookup.state === 'live' && !idle?.has(hash)) deps.renewal.used(hash, lookup);
    };
    return { answers, afterwards };
  };
}
