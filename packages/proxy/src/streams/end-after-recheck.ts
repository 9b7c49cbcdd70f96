import { ruleLabel, type CheckAnswer, type Impersonation } from '@sallyport/contracts';
import type { StreamEnd } from '../exchange/exchange.ts';

/**
 * Reports whether the identity that went upstream has more than the caller has now, for example a group that was taken
 * away.
 */
function hasLost(before: Impersonation | undefined, now: Impersonation | undefined): boolean {
  if (!before || !now) return true;
  return (
    before.user !== now.user || before.uid !== now.uid || !before.groups.every((group) => now.groups.includes(group))
  );
}

/**
 * Reports whether the identity of another, which went upstream, is no longer the one that would go. Only the extras may
 * differ: a further elevation is no reason to end anything.
 */
function isAnother(before: Impersonation | undefined, now: Impersonation | undefined): boolean {
  if (!before) return false;
  return hasLost(before, now) || before.groups.length !== now?.groups.length;
}

/** Reports whether a web application was told of an identity that is no longer the caller's. */
function hasLostIdentity(before: CheckAnswer | undefined, { identity: now }: CheckAnswer): boolean {
  const { identity } = before ?? {};
  return !identity || !now || identity.user !== now.user || !identity.groups.every((one) => now.groups.includes(one));
}

/** Reports whether what went upstream no longer applies. A web application gets no impersonation. */
function hasChanged(before: CheckAnswer | undefined, answer: CheckAnswer): boolean {
  if (!before?.impersonation && !answer.impersonation) return hasLostIdentity(before, answer);
  return hasLost(before?.impersonation, answer.impersonation) || isAnother(before?.actsAs, answer.actsAs);
}

function endAfterAnswer(answer: CheckAnswer, before: CheckAnswer | undefined): StreamEnd | undefined {
  const { decision, problem } = answer;
  if (decision.effect === 'allow')
    return hasChanged(before, answer)
      ? {
          reason: 'not-allowed',
          code: 'forbidden',
          detail: 'Your groups have changed since this was opened. Open it again.',
        }
      : undefined;
  const ended = problem?.code === 'unauthenticated';
  // Who has it open knows the cluster. That there is none would only confuse them.
  const lost = `The policy no longer allows this (rule "${ruleLabel(decision)}").`;
  const detail = answer.cluster === 'unknown' ? lost : (problem?.detail ?? lost);
  return ended
    ? { reason: 'session-ended', code: 'unauthenticated', detail }
    : { reason: 'not-allowed', code: 'forbidden', detail, rule: decision.rule };
}

/**
 * Returns why something that was allowed must end, given the new answers of authorize, one for each reading of the
 * request. Undefined if it goes on.
 */
export function endAfterRecheck(
  answers: readonly CheckAnswer[],
  before: CheckAnswer | undefined,
): StreamEnd | undefined {
  for (const answer of answers) {
    const end = endAfterAnswer(answer, before);
    if (end) return end;
  }
  return undefined;
}

/** Returns when the first of the elevations ends that an answer rests on, in milliseconds since the epoch. */
export function elevatedUntilOf(answer: CheckAnswer | undefined): number {
  return Math.min(Infinity, ...(answer?.elevations ?? []).map(({ expiresAt }) => expiresAt));
}
