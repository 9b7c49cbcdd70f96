import { maxElevations, ruleLabel, type Check, type CheckAnswer, type Impersonation } from '@sallyport/contracts';
import { clientText } from '../credential/client-text.ts';
import type { OpenStream, StreamEnd } from '../exchange/exchange.ts';

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

const maxGroups = 5;

/** Says which groups the caller is no longer in, to follow a blank or a colon. Undefined if there is none. */
function lostGroups(before: CheckAnswer | undefined, { identity: now }: CheckAnswer): string | undefined {
  const lost = before?.identity?.groups.filter((group) => now !== undefined && !now.groups.includes(group)) ?? [];
  if (lost.length === 0) return undefined;
  const shown = lost.slice(0, maxGroups).map((group) => clientText(group));
  const more = lost.length > maxGroups ? ` and ${lost.length - maxGroups} more` : '';
  return `you are no longer in ${shown.join(', ')}${more}`;
}

/** The end of what is still allowed, but not as it was opened: it reached the cluster with more than the caller has. */
function endOfChanged(answer: CheckAnswer, before: CheckAnswer | undefined): StreamEnd {
  const { elevationEnded } = answer;
  const lost = lostGroups(before, answer);
  const detail =
    elevationEnded === undefined
      ? `Your groups have changed since this was opened${lost === undefined ? '' : `: ${lost}`}. Open it again.`
      : `${elevationEnded}, so this was ended. Open it again to go on without it.`;
  return { reason: 'not-allowed', code: 'forbidden', detail };
}

/** Says why something is not allowed any more: first what the caller has lost, then the refusal of a request like it. */
function describeLoss({ decision, problem, cluster, elevationEnded }: CheckAnswer, lost: string | undefined): string {
  if (elevationEnded !== undefined) return `${elevationEnded}, so this was ended.`;
  // Who has it open knows the cluster. That there is none would only confuse them.
  if (cluster === 'unknown' || problem === undefined)
    return `The policy no longer allows this (rule "${ruleLabel(decision)}"), so it was ended.`;
  return `This is no longer allowed${lost === undefined ? '' : `, because ${lost}`}, so it was ended: ${problem.detail}`;
}

function endAfterAnswer(answer: CheckAnswer, before: CheckAnswer | undefined): StreamEnd | undefined {
  const { decision, problem } = answer;
  if (decision.effect === 'allow') return hasChanged(before, answer) ? endOfChanged(answer, before) : undefined;
  if (problem?.code === 'unauthenticated')
    return { reason: 'session-ended', code: 'unauthenticated', detail: problem.detail };
  const detail = describeLoss(answer, lostGroups(before, answer));
  return { reason: 'not-allowed', code: 'forbidden', detail, rule: decision.rule };
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

/**
 * Returns why a stream must end if it must be recorded from now on, and is not. Undefined if it goes on. What is recorded
 * ends from now on if its recording fails. What had to be recorded from the start needs no look: it would have ended by
 * itself. A port-forward is no shell.
 */
export function endOfUnrecorded(
  answers: readonly CheckAnswer[],
  { kind, exchange }: Pick<OpenStream, 'kind' | 'exchange'>,
): StreamEnd | undefined {
  if (!answers.some(({ recording }) => recording === 'required')) return undefined;
  if (kind === 'portforward' || exchange.answer.recording === 'required') return undefined;
  exchange.recording?.require();
  if (exchange.recording?.isWhole) return undefined;
  return {
    reason: 'not-allowed',
    code: 'not-recordable',
    detail: 'This must be recorded now, and was not, so it was ended. Open it again.',
  };
}

type UsedElevations = NonNullable<CheckAnswer['elevations']>;
const none: UsedElevations = [];

/** Returns the elevations that answers rest on, one answer for each reading of the request. */
export function elevationsOf(answers: readonly (CheckAnswer | undefined)[]): UsedElevations {
  const used = answers.flatMap((answer) => answer?.elevations ?? none);
  return used.length === 0 ? none : used;
}

/**
 * Returns the check to repeat about something that was allowed with these elevations. It names them, so that a refusal says
 * which of them has ended.
 */
export function recheckOf(check: Check, elevations: UsedElevations): Check {
  if (elevations.length === 0) return check;
  return { ...check, elevations: [...new Set(elevations.map(({ id }) => id))].slice(0, maxElevations) };
}

/** Returns when the first of some elevations ends, in milliseconds since the epoch. Infinity if there are none. */
export const firstEndOf = (elevations: UsedElevations): number =>
  Math.min(Infinity, ...elevations.map(({ expiresAt }) => expiresAt));
