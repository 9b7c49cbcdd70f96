import type { CheckAnswer, Impersonation } from '@sallyport/contracts';
import type { StreamEnd } from './open-stream.ts';

/**
 * Whether who went upstream when the stream was opened is more than the caller is now: a group may have been taken
 * away.
 */
function hasLost(before: Impersonation | undefined, now: Impersonation | undefined): boolean {
  if (!before || !now) return true;
  return (
    before.user !== now.user || before.uid !== now.uid || !before.groups.every((group) => now.groups.includes(group))
  );
}

/** Why what was allowed before must end, given what authorize says now; undefined if it goes on. */
export function endOfAnswer(answer: CheckAnswer, before: Impersonation | undefined): StreamEnd | undefined {
  const { decision, problem } = answer;
  if (decision.effect === 'allow')
    return hasLost(before, answer.impersonation)
      ? {
          reason: 'not-allowed',
          code: 'forbidden',
          detail: 'Your groups have changed since this was opened. Open it again.',
        }
      : undefined;
  const ended = problem?.code === 'unauthenticated';
  const detail = problem?.detail ?? 'The policy does not allow this any more.';
  return ended
    ? { reason: 'session-ended', code: 'unauthenticated', detail }
    : { reason: 'not-allowed', code: 'forbidden', detail, rule: decision.rule };
}
