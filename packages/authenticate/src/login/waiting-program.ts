import type { SingleUseStore } from '@sallyport/stores';
import { ProblemError } from '@sallyport/kit';
import { kinds, type LoginGoal } from './pending-login.ts';
import { pasteRedirect } from './redirect-uri.ts';

type WaitingDeps = { singleUse: Pick<SingleUseStore, 'read'>; now: () => number };

/** The longest time that a program may say it waits, in seconds. */
const longestWait = 3600;

/**
 * Replaces how long a program waits (`wait`, in seconds) by when it stops (`waits_until`), so that the clocks of both
 * need not agree. Drops a value that is not a number of seconds.
 */
export function withWaitsUntil(query: URLSearchParams, now: number): URLSearchParams {
  const result = new URLSearchParams(query);
  const wait = query.get('wait');
  result.delete('wait');
  if (wait !== null && /^\d{1,6}$/.test(wait))
    result.set('waits_until', String(Math.ceil(now / 1000) + Math.min(Number(wait), longestWait)));
  return result;
}

/**
 * Reports whether the program that waits on loopback has stopped waiting, because its time is over or it said so. A
 * browser that is redirected there would show that it cannot connect.
 */
export async function hasStoppedWaiting({ singleUse, now }: WaitingDeps, goal: LoginGoal): Promise<boolean> {
  if (goal.kind !== 'cli' || goal.redirectUri === pasteRedirect) return false;
  if (goal.waitsUntil !== undefined && now() > goal.waitsUntil * 1000) return true;
  return (await singleUse.read(kinds.canceled, goal.codeChallenge)) !== undefined;
}

/** Returns the problem of a login whose program has stopped waiting. */
export const noProgram = () =>
  new ProblemError('login-expired', 'The terminal that started this login no longer waits for it.');
